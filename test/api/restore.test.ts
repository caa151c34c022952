import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeArchived } from '../../api/archive/purge.js';
import { createConnection } from './support/connections.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';
import { wholeDatabase } from './support/whole-database.js';
import { type TemporalSchedules, openSchedules } from './support/schedules.js';

let api: Harness;
let temporal: TemporalSchedules;

const DAY_MS = 86_400_000;

beforeAll(async () => {
  api = await startHarness();
  temporal = await openSchedules();
});
afterAll(async () => {
  await temporal[Symbol.asyncDispose]();
  await api.close();
});

type Kind = 'sources' | 'destinations' | 'connections';

const remove = async (kind: Kind, id: string): Promise<void> => assertStatus(await api.call('DELETE', `/v1/${kind}/${id}`), 204);
const restore = (kind: Kind, id: string) => api.call('POST', `/v1/${kind}/${id}/restore`);
const listed = async (kind: Kind, query = ''): Promise<readonly string[]> =>
  (await api.call('GET', `/v1/${kind}?limit=200${query}`)).body.data.map(({ id }: { id: string }) => id);

async function createSystem(kind: 'sources' | 'destinations', name = 'crm'): Promise<string> {
  const config = { host: 'db.example', password: 'planted-in-system' };
  return (await api.call('POST', `/v1/${kind}`, { body: { name, connector: 'postgres', config } })).body.id;
}

async function idOf(kind: Kind): Promise<string> {
  return kind === 'connections' ? (await createConnection(api)).id : createSystem(kind);
}

/** As if it had been deleted long ago. */
const age = async (kind: Kind, id: string, days: number): Promise<void> => {
  await api
    .db(kind)
    .where({ id })
    .update({ deleted_at: new Date(Date.now() - days * DAY_MS) });
};

describe.each(['sources', 'destinations', 'connections'] as const)('deleted %s', (kind) => {
  test('are gone, but in the list of what was deleted', async () => {
    const id = await idOf(kind);
    await remove(kind, id);
    expect((await api.call('GET', `/v1/${kind}/${id}`)).status).toBe(404);
    expect((await api.call('PATCH', `/v1/${kind}/${id}`, { body: { name: 'x' } })).status).toBe(404);
    expect((await api.call('DELETE', `/v1/${kind}/${id}`)).status).toBe(404);
    expect(await listed(kind)).not.toContain(id);
    expect(await listed(kind, '&deleted=false')).not.toContain(id);
    expect(await listed(kind, '&deleted=true')).toContain(id);
    const { data } = (await api.call('GET', `/v1/${kind}?deleted=true&limit=1`)).body;
    expect(Date.parse(data[0].restorableUntil) - Date.parse(data[0].deletedAt)).toBe(30 * DAY_MS);
  });

  test('are restored as they were, once or more', async () => {
    const id = await idOf(kind);
    const before = (await api.call('GET', `/v1/${kind}/${id}`)).body;
    await remove(kind, id);
    const first = await restore(kind, id);
    assertStatus(first, 200);
    const { updatedAt: _before, scheduleStatus: _status, ...same } = before;
    expect(first.body).toMatchObject(same);
    expect(first.body).not.toHaveProperty('deletedAt');
    const again = await restore(kind, id);
    expect([again.status, again.headers.get('etag')]).toEqual([200, first.headers.get('etag')]);
    expect(await listed(kind)).toContain(id);
    expect(await listed(kind, '&deleted=true')).not.toContain(id);
  });

  test('are not restored when their window has passed, and are removed then', async () => {
    const id = await idOf(kind);
    await remove(kind, id);
    await age(kind, id, 31);
    const late = await restore(kind, id);
    expect(problemOf(late)).toMatchObject({ status: 404, code: 'request.not_found' });
    expect(late.body.detail).toContain('cannot be restored any more');
    expect(await listed(kind, '&deleted=true')).not.toContain(id);
    await purgeArchived(api.db, new Date(Date.now() - 30 * DAY_MS));
    expect(await api.db(kind).where({ id }).first()).toBeUndefined();
  });

  test('are told in the audit log', async () => {
    const id = await idOf(kind);
    await remove(kind, id);
    await restore(kind, id);
    const { data } = (await api.call('GET', `/v1/audit?resource=${id}`)).body;
    expect(data.map(({ route }: { route: string }) => route)).toEqual([
      `/v1/${kind}/{id}/restore`,
      `/v1/${kind}/{id}`,
      `/v1/${kind}`,
    ]);
  });
});

test('what was never there cannot be restored', async () => {
  for (const [kind, id] of [
    ['sources', 'src_0'],
    ['destinations', 'dst_0'],
    ['connections', 'con_0'],
  ] as const)
    expect((await restore(kind, id)).status).toBe(404);
});

test('a source is deleted when only deleted connections use it, and they are restored after it', async () => {
  const { id, sourceId, destinationId } = await createConnection(api);
  expect(problemOf(await api.call('DELETE', `/v1/sources/${sourceId}`))).toMatchObject({ status: 409, code: 'request.conflict' });
  await remove('connections', id);
  await remove('sources', sourceId);
  await remove('destinations', destinationId);
  const refused = await restore('connections', id);
  expect(problemOf(refused)).toEqual({ status: 409, code: 'request.conflict', paths: ['sourceId'] });
  expect(refused.body.suggestion).toContain(`/v1/sources/${sourceId}/restore`);
  assertStatus(await restore('sources', sourceId), 200);
  expect(problemOf(await restore('connections', id)).paths).toEqual(['destinationId']);
  assertStatus(await restore('destinations', destinationId), 200);
  assertStatus(await restore('connections', id), 200);
});

test('nothing can be connected to what is deleted, however close the two come', async () => {
  const [sourceId, destinationId] = [await createSystem('sources'), await createSystem('destinations')];
  const streams = [{ name: 'public.orders', mode: 'full_refresh_overwrite' }];
  const body = { name: 'c', sourceId, destinationId, streams };
  for (let round = 0; round < 5; round += 1) {
    const [made, gone] = await Promise.all([
      api.call('POST', '/v1/connections', { body: { ...body, streams: [{ ...streams[0], target: { table: `t${round}` } }] } }),
      api.call('DELETE', `/v1/sources/${sourceId}`),
    ]);
    expect([
      [201, 409],
      [422, 204],
    ]).toContainEqual([made.status, gone.status]);
    if (made.status === 201) await remove('connections', made.body.id);
    assertStatus(await restore('sources', sourceId), 200);
  }
});

test('a target that another connection has taken meanwhile is not taken back', async () => {
  const { id, sourceId, destinationId } = await createConnection(api);
  await remove('connections', id);
  const streams = [{ name: 'public.orders', mode: 'full_refresh_overwrite' }];
  const other = await api.call('POST', '/v1/connections', { body: { name: 'other', sourceId, destinationId, streams } });
  assertStatus(other, 201);
  const refused = await restore('connections', id);
  expect(problemOf(refused)).toEqual({ status: 409, code: 'load.target_owned', paths: ['streams[0].target'] });
  expect(refused.body.detail).toContain(other.body.id);

  await remove('connections', other.body.id); // without having run: nothing was written
  assertStatus(await restore('connections', id), 200);

  await remove('connections', id);
  assertStatus(await restore('connections', other.body.id), 200);
  const run = { connection_id: other.body.id, workspace_id: 'wsp_default', number: 1, trigger: 'api', workflow_id: 'w' };
  await api.db('runs').insert({ ...run, id: 'run_written', status: 'succeeded', created_at: new Date() });
  await remove('connections', other.body.id);
  const written = await restore('connections', id);
  expect(problemOf(written)).toEqual({ status: 409, code: 'load.target_owned', paths: ['streams[0].target'] });
  expect(written.body.detail).toContain('has written its target since');
});

test('the schedule goes with a connection, and comes back with it', async () => {
  const { id } = await createConnection(api, { schedule: { type: 'interval', every: '1h' } });
  await remove('connections', id);
  expect(await temporal.exists(id)).toBe(false);
  assertStatus(await restore('connections', id), 200);
  expect((await temporal.describe(id)).state.paused).toBe(false);
  const { scheduleStatus } = (await api.call('GET', `/v1/connections/${id}`)).body;
  expect(scheduleStatus.nextRuns.length).toBeGreaterThan(0);
});

test('runs stay listed and readable with the name of their connection, when it is deleted and when it is gone', async () => {
  const { id } = await createConnection(api, { name: 'remembered' });
  const run = {
    connection_id: id,
    workspace_id: 'wsp_default',
    number: 1,
    trigger: 'api',
    workflow_id: 'w',
    status: 'succeeded',
  };
  await api.db('runs').insert({ ...run, id: 'run_remembered' });
  const names = async (): Promise<unknown[]> => [
    (await api.call('GET', '/v1/runs/run_remembered')).body.connectionName,
    ...(await api.call('GET', `/v1/runs?connectionId=${id}`)).body.data.map(
      (row: { connectionName: string }) => row.connectionName,
    ),
  ];
  expect(await names()).toEqual(['remembered', 'remembered']);
  await remove('connections', id);
  expect(await names()).toEqual(['remembered', 'remembered']);
  await age('connections', id, 31);
  await purgeArchived(api.db, new Date(Date.now() - 30 * DAY_MS));
  expect(await names()).toEqual(['remembered', 'remembered']);
});

test('secrets are gone with what is removed for good, and nothing goes that something uses', async () => {
  const { id, sourceId, destinationId } = await createConnection(api);
  const [{ config }] = await api.db('sources').where({ id: sourceId });
  const sealed = config.password.$secret.data as string;
  await remove('connections', id);
  await remove('sources', sourceId);
  await age('sources', sourceId, 40);
  const limit = new Date(Date.now() - 30 * DAY_MS);
  await purgeArchived(api.db, limit);
  expect(await api.db('sources').where({ id: sourceId }).first()).toBeDefined(); // the connection may still be restored
  await age('connections', id, 35);
  await purgeArchived(api.db, limit);
  expect(await api.db('sources').where({ id: sourceId }).first()).toBeUndefined();
  expect(await api.db('destinations').where({ id: destinationId }).first()).toBeDefined();
  expect(await wholeDatabase(api.db)).not.toContain(sealed);
});

describe('deleting for good', () => {
  test.each(['sources', 'destinations', 'connections'] as const)('%s are gone at once, deleted before or not', async (kind) => {
    const [there, deleted] = [await idOf(kind), await idOf(kind)];
    await remove(kind, deleted);
    for (const id of [there, deleted]) {
      assertStatus(await api.call('DELETE', `/v1/${kind}/${id}?forever=true`), 204);
      expect(await api.db(kind).where({ id }).first()).toBeUndefined();
      expect((await restore(kind, id)).status).toBe(404);
      expect((await api.call('DELETE', `/v1/${kind}/${id}?forever=true`)).status).toBe(404);
    }
  });

  test('a source that a deleted connection would miss stays until that is gone, too', async () => {
    const { id, sourceId } = await createConnection(api);
    await remove('connections', id);
    const refused = await api.call('DELETE', `/v1/sources/${sourceId}?forever=true`);
    expect(problemOf(refused)).toMatchObject({ status: 409, code: 'request.conflict' });
    expect(refused.body.detail).toContain(`${id} (shop, deleted)`);
    assertStatus(await api.call('DELETE', `/v1/connections/${id}?forever=true`), 204);
    assertStatus(await api.call('DELETE', `/v1/sources/${sourceId}?forever=true`), 204);
  });
});
