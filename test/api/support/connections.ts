import type { Harness } from './harness.js';

/** A connection between two configured systems; nothing of it is ever contacted. */
export async function createConnection(
  api: Harness,
  fields: object = {},
): Promise<{ id: string; sourceId: string; destinationId: string }> {
  const system = { connector: 'postgres', config: { host: 'db.example', password: 'planted-in-system' } };
  const source = await api.call('POST', '/v1/sources', { body: { ...system, name: 'crm' } });
  const destination = await api.call('POST', '/v1/destinations', { body: { ...system, name: 'warehouse' } });
  const reply = await api.call('POST', '/v1/connections', {
    body: {
      name: 'shop',
      sourceId: source.body.id,
      destinationId: destination.body.id,
      streams: [
        { name: 'public.orders', mode: 'incremental_append', cursorField: 'id' },
        { name: 'public.items', mode: 'full_refresh_overwrite' },
      ],
      ...fields,
    },
  });
  if (reply.status !== 201) throw new Error(reply.text);
  return reply.body;
}
