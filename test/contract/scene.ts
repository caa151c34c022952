import { newId } from '../../platform/db/ids.js';
import type { Millrace } from '../support/millrace.js';

/** Ids of things that exist, by what an operation's path begins with. */
export type Existing = Readonly<Record<string, string>>;

export const STREAM = 'public.orders';

/** One of each kind of resource, so that requests reach what lies behind the search for an id. */
export async function makeExisting(millrace: Millrace): Promise<Existing> {
  await millrace.source.query('create table orders (id bigint primary key, amount numeric, note text)');
  await millrace.source.query(`insert into orders select i, i / 7.0, 'order ' || i from generate_series(1, 100) i`);
  await millrace.destination.query(
    'create table public.orders (id bigint primary key, amount numeric check (amount > 1), note text)',
  );
  const stream = { name: STREAM, mode: 'incremental_append', cursorField: 'id', rowPolicy: 'reject_row' };
  const connection = await millrace.connect([stream]);
  const run = await millrace.sync(connection);
  const { sourceId, destinationId } = (await millrace.call('GET', `/v1/connections/${connection}`)).body;
  const key = await millrace.call('POST', '/v1/api-keys', { name: 'contract', scope: 'read' });
  const verification = await millrace.call('POST', `/v1/connections/${connection}/verify?wait=30s`, {});
  const rejects = await millrace.call('GET', `/v1/connections/${connection}/rejects`);
  return {
    '/v1/sources': sourceId,
    '/v1/destinations': destinationId,
    '/v1/connections': connection,
    '/v1/runs': run.id,
    '/v1/rejects': rejects.body.data[0].id,
    '/v1/verifications': verification.body.id,
    '/v1/api-keys': key.body.id,
    '/v1/uploads': newId('upload'),
    '/v1/workspaces': 'wsp_default',
  };
}
