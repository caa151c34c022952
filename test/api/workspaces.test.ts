import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection } from './support/connections.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

async function create(name: string): Promise<{ id: string; key: string; etag: string }> {
  const made = await api.call('POST', '/v1/workspaces', { body: { name } });
  assertStatus(made, 201);
  expect(made.headers.get('location')).toBe(`/v1/workspaces/${made.body.id}`);
  return { id: made.body.id, key: made.body.apiKey.key, etag: made.headers.get('etag') ?? '' };
}

test('a workspace is made with its first admin key, which is shown once and sees an empty workspace', async () => {
  await createConnection(api);
  const { id, key } = await create('sales');
  const read = await api.call('GET', `/v1/workspaces/${id}`);
  expect(read.body).toEqual({ id, name: 'sales', createdAt: expect.any(String), updatedAt: expect.any(String) });
  const keys = await api.call('GET', '/v1/api-keys', { key });
  expect(keys.body.data).toMatchObject([{ name: 'first admin', scope: 'admin' }]);
  expect(keys.text).not.toContain(key);
  for (const kind of ['sources', 'destinations', 'connections', 'runs'])
    expect((await api.call('GET', `/v1/${kind}`, { key })).body.data).toEqual([]);
});

test('what is made with its key stays in it', async () => {
  const { key } = await create('finance');
  const body = { name: 'theirs', connector: 'postgres', config: { host: 'db' } };
  const theirs = await api.call('POST', '/v1/sources', { key, body });
  assertStatus(theirs, 201);
  expect((await api.call('GET', `/v1/sources/${theirs.body.id}`)).status).toBe(404);
  expect((await api.call('GET', '/v1/sources?search=theirs')).body.data).toEqual([]);
  expect((await api.call('GET', '/v1/sources?search=theirs', { key })).body.data).toHaveLength(1);
});

test('workspaces are listed, renamed under their ETag, and told in the audit log', async () => {
  const { id, etag } = await create('old name');
  const { body: all } = await api.call('GET', '/v1/workspaces?sort=name');
  expect(all.data.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['default', 'old name']));
  expect((await api.call('PATCH', `/v1/workspaces/${id}`, { body: { name: 'x' }, ifMatch: null })).status).toBe(428);
  const renamed = await api.call('PATCH', `/v1/workspaces/${id}`, { body: { name: 'new name' }, ifMatch: etag });
  expect([renamed.status, renamed.body.name]).toEqual([200, 'new name']);
  expect((await api.call('PATCH', `/v1/workspaces/${id}`, { body: { name: 'x' }, ifMatch: etag })).status).toBe(412);
  const { data } = (await api.call('GET', `/v1/audit?resource=${id}`)).body;
  expect(data.find(({ status }: { status: number }) => status === 200)).toMatchObject({
    before: { name: 'old name' },
    after: { name: 'new name' },
  });
});

describe('deleting', () => {
  test('an empty workspace goes with its keys', async () => {
    const { id, key } = await create('short-lived');
    assertStatus(await api.call('DELETE', `/v1/workspaces/${id}`), 204);
    expect((await api.call('GET', '/v1/sources', { key })).status).toBe(401);
    expect((await api.call('GET', `/v1/workspaces/${id}`)).status).toBe(404);
  });

  test('one that holds something is refused, also when that can still be restored', async () => {
    const { id, key } = await create('in use');
    const body = { name: 's', connector: 'postgres', config: { host: 'db' } };
    const source = (await api.call('POST', '/v1/sources', { key, body })).body.id;
    const refused = await api.call('DELETE', `/v1/workspaces/${id}`);
    expect(problemOf(refused)).toMatchObject({ status: 409, code: 'request.conflict' });
    expect(refused.body.detail).toContain('still has sources');
    assertStatus(await api.call('DELETE', `/v1/sources/${source}`, { key }), 204);
    expect((await api.call('DELETE', `/v1/workspaces/${id}`)).status).toBe(409);
    expect((await api.call('GET', '/v1/sources', { key })).status).toBe(200);
  });

  test('the default one stays', async () => {
    expect((await api.call('DELETE', '/v1/workspaces/wsp_default')).status).toBe(409);
    expect((await api.call('GET', '/v1/sources')).status).toBe(200);
  });
});

describe('an admin of another workspace', () => {
  test('makes, renames and deletes none, and sees only its own', async () => {
    const [own, other] = [await create('own'), await create('not theirs')];
    const { key } = own;
    expect(problemOf(await api.call('POST', '/v1/workspaces', { key, body: { name: 'x' } }))).toMatchObject({ status: 403 });
    expect((await api.call('PATCH', `/v1/workspaces/${own.id}`, { key, body: { name: 'x' } })).status).toBe(403);
    expect((await api.call('DELETE', `/v1/workspaces/${own.id}`, { key })).status).toBe(403);
    expect((await api.call('GET', `/v1/workspaces/${own.id}`, { key })).status).toBe(200);
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(
        (await api.call(method, `/v1/workspaces/${other.id}`, { key, ...(method === 'PATCH' && { body: { name: 'x' } }) }))
          .status,
      ).toBe(404);
    expect((await api.call('GET', '/v1/workspaces', { key })).body.data).toMatchObject([{ id: own.id, name: 'own' }]);
  });
});
