import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetadataStore } from '../../platform/db/metadata-store.js';
import { KeyRing } from '../../platform/secrets/key-ring.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;
let sourceId: string;

beforeAll(async () => {
  api = await startHarness();
  sourceId = await create('sources');
});
afterAll(() => api.close());

async function create(kind: 'sources' | 'destinations', config: object = {}): Promise<string> {
  const body = { name: kind, connector: 'postgres', config: { host: 'db.example', ...config } };
  return (await api.call('POST', `/v1/${kind}`, { body })).body.id;
}

const orders = { name: 'public.orders', mode: 'incremental_deduped', primaryKey: ['id'], cursorField: 'updated_at' };

/** A destination of its own for each test, so that targets do not meet by accident. */
async function connectionBody(fields: object = {}): Promise<Record<string, unknown>> {
  return { name: 'shop', sourceId, destinationId: await create('destinations'), streams: [orders], ...fields };
}

async function createConnection(fields: object = {}): Promise<{ id: string; etag: string; body: Record<string, unknown> }> {
  const body = await connectionBody(fields);
  const reply = await api.call('POST', '/v1/connections', { body });
  assertStatus(reply, 201);
  return { id: reply.body.id, etag: reply.headers.get('etag') ?? '', body };
}

const DEFAULTS = {
  holdBack: '0s',
  lag: '0s',
  unprovenBound: 'stop',
  deletes: 'hard',
  schemaPolicy: 'evolve',
  rowPolicy: 'null_field',
  onDependents: 'auto',
  verify: 'none',
  dedup: 'newest_wins',
  nullCursor: 'include',
  settle: '30s',
  onDestinationBehind: 'resume',
  onTargetMissing: 'stop',
};

describe('connections', () => {
  test('can be created, read, changed, listed and deleted', async () => {
    const { id, body } = await createConnection();
    const read = await api.call('GET', `/v1/connections/${id}`);
    expect(read.body).toEqual({
      id,
      workspaceId: 'wsp_default',
      name: 'shop',
      sourceId,
      destinationId: body['destinationId'],
      version: 1,
      paused: false,
      tripped: null,
      limits: { parallelStreams: 4 },
      pauseAfterFailures: 20,
      keepStaged: '0s',
      targetNames: {},
      schedule: { type: 'manual' },
      scheduleStatus: null,
      streams: [{ ...orders, ...DEFAULTS }],
      labels: {},
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    const renamed = await api.call('PATCH', `/v1/connections/${id}`, { body: { name: 'renamed' } });
    expect(renamed.body).toMatchObject({ name: 'renamed', version: 1 });
    const changed = await api.call('PUT', `/v1/connections/${id}`, {
      body: { ...body, streams: [{ ...orders, dedup: 'last_load_wins' }] },
    });
    expect(changed.body).toMatchObject({ name: 'shop', version: 2, streams: [{ dedup: 'last_load_wins' }] });
    expect((await api.call('GET', '/v1/connections')).body.data.map((item: { id: string }) => item.id)).toContain(id);
    expect((await api.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    expect((await api.call('GET', `/v1/connections/${id}`)).status).toBe(404);
  });

  test('a run can read the version it has pinned after the connection was changed', async () => {
    const { id, body } = await createConnection();
    await api.call('PATCH', `/v1/connections/${id}`, { body: { streams: [{ ...orders, sql: 'select * from input' }] } });
    const store = await createMetadataStore(api.databaseUrl, new KeyRing(api.secretKey));
    expect(await store.loadConnection(id, 1)).toMatchObject({
      version: 1,
      streams: [orders],
      source: { id: sourceId, connector: 'postgres', config: { host: 'db.example' } },
      destination: { id: body['destinationId'] },
    });
    expect((await store.loadConnection(id, 1)).streams[0]).not.toHaveProperty('sql');
    expect(await store.loadConnection(id)).toMatchObject({ version: 2, streams: [{ sql: 'select * from input' }] });
    await expect(store.loadConnection(id, 3)).rejects.toMatchObject({ code: 'request.not_found' });
    await store.close();
  });

  test('an ETag stands for one revision', async () => {
    const { id, etag } = await createConnection();
    const path = `/v1/connections/${id}`;
    expect((await api.call('PATCH', path, { body: { name: 'b' }, headers: { 'if-match': etag } })).status).toBe(200);
    const stale = [
      await api.call('PATCH', path, { body: { name: 'c' }, headers: { 'if-match': etag } }),
      await api.call('DELETE', path, { headers: { 'if-match': etag } }),
    ];
    expect(stale.map(({ status }) => status)).toEqual([412, 412]);
  });

  test('source and destination stay what they are', async () => {
    const { id, body } = await createConnection();
    for (const field of ['sourceId', 'destinationId']) {
      const other = await create(field === 'sourceId' ? 'sources' : 'destinations');
      const reply = await api.call('PUT', `/v1/connections/${id}`, { body: { ...body, [field]: other } });
      expect(problemOf(reply)).toMatchObject({ status: 409, code: 'request.conflict', paths: [field] });
    }
  });

  test('what a connection uses cannot be deleted', async () => {
    const { id, body } = await createConnection();
    const reply = await api.call('DELETE', `/v1/destinations/${String(body['destinationId'])}`);
    expect(problemOf(reply)).toMatchObject({ status: 409, code: 'request.conflict' });
    expect(reply.body.detail).toContain(id);
  });

  test('pages', async () => {
    for (let index = 0; index < 3; index += 1) await createConnection();
    const first = (await api.call('GET', '/v1/connections?limit=2')).body;
    const second = (await api.call('GET', `/v1/connections?limit=2&after=${first.page.next}`)).body;
    expect(first.data).toHaveLength(2);
    expect(first.page.hasMore).toBe(true);
    expect(second.data[0].id < first.data[1].id).toBe(true);
  });
});

describe('a connection is refused', () => {
  test.each([
    [{ streams: [] }, 'streams'],
    [{ streams: [{ ...orders, mode: 'cdc' }] }, 'streams[0].mode'],
    [{ streams: [{ ...orders, colour: 'red' }] }, 'streams[0].colour'],
    [{ streams: [orders, { ...orders, target: { table: 'x' } }] }, 'streams[1].name'],
    [{ streams: [{ ...orders, settle: 'soon' }] }, 'streams[0].settle'],
    [{ schedule: { type: 'interval', every: 'often' } }, 'schedule.every'],
    [{ schedule: { type: 'weekly' } }, 'schedule.type'],
    [{ owner: 'me' }, 'owner'],
  ])('for its shape: %j', async (fields, path) => {
    const reply = await api.call('POST', '/v1/connections', { body: await connectionBody(fields) });
    expect(problemOf(reply)).toEqual({ status: 400, code: 'request.invalid', paths: [path] });
  });

  test.each([
    [{ streams: [{ ...orders, cursorField: undefined }] }, 'streams[0].cursorField'],
    [{ schedule: { type: 'cron', cron: '99 * * * *' } }, 'schedule.cron'],
    [{ schedule: { type: 'cron', cron: '0 * * * *', timezone: 'Mars/Olympus' } }, 'schedule.timezone'],
    [{ schedule: { type: 'interval', every: '10ms' } }, 'schedule.every'],
    [{ sourceId: 'src_0' }, 'sourceId'],
    [{ destinationId: 'dst_0' }, 'destinationId'],
    [{ streams: [orders, { ...orders, name: 'x', target: { table: 'orders' } }] }, 'streams[1].target'],
  ])('for what it means: %j', async (fields, path) => {
    const reply = await api.call('POST', '/v1/connections', { body: await connectionBody(fields) });
    expect(problemOf(reply)).toEqual({ status: 422, code: 'connection.invalid', paths: [path] });
  });

  test('for SQL that is not allowed, with the place', async () => {
    const sql = "select *\nfrom read_csv('/etc/passwd')";
    const reply = await api.call('POST', '/v1/connections', { body: await connectionBody({ streams: [{ ...orders, sql }] }) });
    expect(problemOf(reply)).toMatchObject({ status: 422, code: 'transform.refused_sql', paths: ['streams[0].sql'] });
    expect(reply.body.errors[0]).toMatchObject({
      line: 2,
      column: expect.any(Number),
      message: expect.stringMatching(/read_csv/),
    });
  });

  test('for a table that another connection writes, unless it is another destination or schema', async () => {
    const { id, body } = await createConnection();
    const taken = await api.call('POST', '/v1/connections', { body: { ...body, name: 'second' } });
    expect(problemOf(taken)).toEqual({ status: 409, code: 'load.target_owned', paths: ['streams[0].target'] });
    expect(taken.body.detail).toContain(id);
    const elsewhere = { ...body, streams: [{ ...orders, target: { schema: 'sales' } }] };
    const other = await api.call('POST', '/v1/connections', { body: elsewhere });
    assertStatus(other, 201);
    const back = await api.call('PATCH', `/v1/connections/${other.body.id}`, { body: { streams: [orders] } });
    expect(problemOf(back)).toMatchObject({ status: 409, code: 'load.target_owned' });
  });

  test('two that want one table at the same time: one gets it', async () => {
    const body = await connectionBody();
    const replies = await Promise.all([1, 2, 3, 4].map(() => api.call('POST', '/v1/connections', { body })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  });
});
