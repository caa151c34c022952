import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../platform/db/ids.js';
import { waitFor } from '../support/wait-for.js';
import { createConnection } from './support/connections.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

const PASSWORD = 'planted-in-audit-5be1';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly key: { readonly id: string; readonly name: string };
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly resource: string | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

async function entries(query: string): Promise<Entry[]> {
  const reply = await api.call('GET', `/v1/audit?${query}`);
  assertStatus(reply, 200);
  return reply.body.data;
}

async function createKey(scope: string): Promise<{ id: string; key: string }> {
  return (await api.call('POST', '/v1/api-keys', { body: { name: `${scope} key`, scope } })).body;
}

const system = { name: 'crm', connector: 'postgres', config: { host: 'db.example', password: PASSWORD } };

test('every change is there with who made it and what was before and after', async () => {
  const requestId = 'audit-1';
  const made = await api.call('POST', '/v1/sources', { body: system, headers: { 'x-request-id': requestId } });
  const { id } = made.body;
  const renamed = await api.call('PATCH', `/v1/sources/${id}`, { body: { name: 'renamed' } });
  await api.call('DELETE', `/v1/sources/${id}`);
  const [removed, changed, created, ...rest] = await entries(`resource=${id}`);
  expect(rest).toEqual([]);
  expect(created).toEqual({
    id: expect.stringMatching(/^aud_/),
    at: expect.stringMatching(/Z$/),
    key: { id: expect.stringMatching(/^key_/), name: 'bootstrap' },
    method: 'POST',
    route: '/v1/sources',
    resource: id,
    status: 201,
    requestId,
    before: null,
    after: { ...made.body, config: { host: 'db.example', password: '***' } },
  });
  expect(changed).toMatchObject({ method: 'PATCH', route: '/v1/sources/{id}', status: 200 });
  expect([changed?.before?.['name'], changed?.after?.['name']]).toEqual(['crm', 'renamed']);
  expect(changed?.after?.['updatedAt']).toBe(renamed.body.updatedAt);
  expect(removed).toMatchObject({ method: 'DELETE', status: 204, before: { name: 'renamed' }, after: null });
});

test('I12: no secret is in it, neither answered nor stored', async () => {
  const { id } = (await api.call('POST', '/v1/destinations', { body: system })).body;
  await api.call('PATCH', `/v1/destinations/${id}`, { body: { config: { host: 'h', password: `${PASSWORD}-2` } } });
  await api.call('POST', '/v1/destinations', { body: { ...system, config: { port: PASSWORD, password: PASSWORD } } });
  const { key } = await createKey('read');
  const stored = JSON.stringify(await api.db('audit').select());
  expect(stored).toContain(id);
  for (const secret of [PASSWORD, key.split('_')[2] ?? '']) expect(stored).not.toContain(secret);
});

test('what was refused after its key was known is there, and changed nothing', async () => {
  const reader = await createKey('read');
  const refused = [
    await api.call('POST', '/v1/sources', { body: system, key: reader.key }),
    await api.call('POST', '/v1/sources', { body: { name: 'no connector' } }),
    await api.call('PATCH', '/v1/sources/src_0', { body: { name: 'x' } }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([403, 400, 404]);
  expect(await entries(`key=${reader.id}`)).toMatchObject([
    { key: { name: 'read key' }, route: '/v1/sources', status: 403, before: null, after: null },
  ]);
  expect(await entries('resource=src_0')).toMatchObject([{ method: 'PATCH', status: 404, before: null, after: null }]);
  expect((await entries('limit=3')).map(({ status }) => status)).toContain(400);
});

test('a change that fails at its end is told as refused, without what it would have done', async () => {
  const { sourceId } = await createConnection(api);
  expect((await api.call('DELETE', `/v1/sources/${sourceId}`)).status).toBe(409);
  expect((await entries(`resource=${sourceId}`))[0]).toMatchObject({ method: 'DELETE', status: 409, before: null, after: null });
});

test('a connection whose stored configuration is not valid any more can be deleted, and is logged as it was', async () => {
  const { id } = await createConnection(api);
  await api
    .db('connection_versions')
    .where({ connection_id: id })
    .update({ config: '{"schedule":{"type":"manual"},"streams":[]}' });
  expect((await api.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
  expect((await entries(`resource=${id}`))[0]).toMatchObject({ status: 204, before: { name: 'shop', streams: [] }, after: null });
});

test('reading is not logged, nor is who has no key', async () => {
  const count = async () => Number((await api.db('audit').count('* as n').first())?.n);
  const before = await count();
  await api.call('GET', '/v1/sources');
  await api.call('POST', '/v1/sources', { body: system, key: null });
  await api.call('POST', '/v1/sources', { body: system, key: 'mrk_nonsense' });
  expect(await count()).toBe(before);
});

test('runs, pauses and positions are logged under their connection', async () => {
  const worker = await api.startWorker();
  try {
    const { id } = await createConnection(api);
    const run = await api.call('POST', `/v1/connections/${id}/syncs`, { body: { streams: ['public.items'] } });
    await api.call('POST', `/v1/connections/${id}/pause`, { body: { note: 'n' } });
    await api.call('POST', `/v1/connections/${id}/streams/public.items/reset`);
    const [reset, paused, sync] = await entries(`resource=${id}`);
    expect(sync).toMatchObject({ status: 202, after: { runId: run.body.id, streams: ['public.items'] } });
    expect(paused).toMatchObject({ status: 200, before: { paused: false }, after: { paused: true } });
    expect(reset).toMatchObject({
      before: { feeds: { 'public.items': null } },
      after: { feeds: { 'public.items': { lineage: 1 } } },
    });
  } finally {
    await worker.stop();
  }
});

test('filters and pages: by time, by key, nothing twice', async () => {
  const operator = await createKey('admin');
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    await api.call('POST', '/v1/sources', { body: { ...system, name }, key: operator.key });
  const all = await entries(`key=${operator.id}`);
  expect(all.map(({ after }) => after?.['name'])).toEqual(['e', 'd', 'c', 'b', 'a']);
  const first = await api.call('GET', `/v1/audit?key=${operator.id}&limit=2`);
  const second = await entries(`key=${operator.id}&limit=2&after=${first.body.page.next}`);
  expect([...first.body.data, ...second]).toEqual(all.slice(0, 4));
  const third = all[2]?.at ?? '';
  const since = await entries(`key=${operator.id}&since=${third}`);
  const until = await entries(`key=${operator.id}&until=${third}`);
  expect(since.every(({ at }) => at >= third) && until.every(({ at }) => at < third)).toBe(true);
  expect([...since, ...until]).toEqual(all);
  expect(problemOf(await api.call('GET', '/v1/audit?since=yesterday'))).toMatchObject({ status: 400, paths: ['since'] });
  expect((await api.call('GET', '/v1/audit', { key: (await createKey('operate')).key })).status).toBe(403);
});

test('another workspace sees nothing of it', async () => {
  await api.db('workspaces').insert({ id: 'wsp_other', name: 'other' });
  const foreign = await createKey('admin');
  await api.db('api_keys').where({ id: foreign.id }).update({ workspace_id: 'wsp_other' });
  expect((await api.call('GET', '/v1/audit', { key: foreign.key })).body.data).toEqual([]);
});

test('entries that are too old go by themselves', async () => {
  const [newest] = await entries('limit=1');
  const old = newId('audit', Date.now() - 3 * 3_600_000);
  const row = await api.db('audit').where({ id: newest?.id }).first();
  await api.db('audit').insert({ ...row, before: null, after: null, id: old });
  const again = await api.startAgain({ settings: { ...api.settings, auditKeepMs: 2 * 3_600_000 } });
  try {
    await waitFor(async () => (await api.db('audit').where({ id: old })).length === 0, { what: 'the old entry is gone' });
    expect(await api.db('audit').where({ id: newest?.id })).toHaveLength(1);
  } finally {
    await again.close();
  }
});
