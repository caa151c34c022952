import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection } from './support/connections.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

const system = { connector: 'postgres', config: { host: 'db.example' } };

async function createSource(labels?: object): Promise<{ id: string; labels: object }> {
  const reply = await api.call('POST', '/v1/sources', { body: { ...system, name: 's', ...(labels && { labels }) } });
  assertStatus(reply, 201);
  return reply.body;
}

const idsOf = async (path: string): Promise<string[]> => {
  const reply = await api.call('GET', path);
  assertStatus(reply, 200);
  return reply.body.data.map(({ id }: { id: string }) => id);
};

test('labels are kept, replaced as a whole, and removed', async () => {
  const { id, labels } = await createSource({ team: 'sales', 'k8s.io/env': '' });
  expect(labels).toEqual({ team: 'sales', 'k8s.io/env': '' });
  const path = `/v1/sources/${id}`;
  expect((await api.call('PATCH', path, { body: { name: 'other' } })).body.labels).toEqual(labels);
  expect((await api.call('PATCH', path, { body: { labels: { team: 'ops' } } })).body.labels).toEqual({ team: 'ops' });
  expect((await api.call('GET', path)).body.labels).toEqual({ team: 'ops' });
  expect((await api.call('PUT', path, { body: { ...system, name: 's' } })).body.labels).toEqual({});
});

test('labels of a connection make no new version of it', async () => {
  const { id } = await createConnection(api, { labels: { tier: '1' } });
  const changed = await api.call('PATCH', `/v1/connections/${id}`, { body: { labels: { tier: '2' } } });
  expect(changed.body).toMatchObject({ version: 1, labels: { tier: '2' } });
  expect(await idsOf('/v1/connections?label=tier=2')).toEqual([id]);
});

test('lists are filtered by key and value, by key alone, and by several', async () => {
  const both = (await createSource({ env: 'prod', owner: 'a=b' })).id;
  const prod = (await createSource({ env: 'prod' })).id;
  const dev = (await createSource({ env: 'dev', owner: 'c' })).id;
  expect(await idsOf('/v1/sources?label=env=prod')).toEqual([prod, both]);
  expect(await idsOf('/v1/sources?label=env')).toEqual([dev, prod, both]);
  expect(await idsOf('/v1/sources?label=env=prod&label=owner')).toEqual([both]);
  expect(await idsOf('/v1/sources?label=owner=a%3Db')).toEqual([both]);
  expect(await idsOf('/v1/sources?label=env=')).toEqual([]);
  expect(await idsOf('/v1/sources?label=__proto__=x')).toEqual([]);
});

describe('labels are refused', () => {
  test.each([
    [{ 'a b': 'x' }, 'labels.a b'],
    [{ '-a': 'x' }, 'labels.-a'],
    [{ ['x'.repeat(64)]: 'x' }, `labels.${'x'.repeat(64)}`],
    [{ a: 'x'.repeat(256) }, 'labels.a'],
    [{ a: 'x\u0000' }, 'labels.a'],
    [{ a: 1 }, 'labels.a'],
    [Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`k${index}`, 'v'])), 'labels'],
  ])('%j', async (labels, path) => {
    const reply = await api.call('POST', '/v1/sources', { body: { ...system, name: 's', labels } });
    expect(problemOf(reply)).toEqual({ status: 400, code: 'request.invalid', paths: [path] });
  });
});
