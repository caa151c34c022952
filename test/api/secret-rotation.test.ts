import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMetadataStore } from '../../platform/db/metadata-store.js';
import { KeyRing } from '../../platform/secrets/key-ring.js';
import type { RunningApi } from '../../platform/config/runtime.js';
import { type Harness, type Reply, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;
/** A process that was started with the new key, and still opens what the old one sealed. */
let rotated: RunningApi;
const newKey = randomBytes(32);

beforeAll(async () => {
  api = await startHarness();
  rotated = await api.startAgain({ secretKey: newKey, settings: { ...api.settings, oldSecretKeys: [api.secretKey] } });
});
afterAll(async () => {
  await rotated.close();
  await api.close();
});

async function ask(
  running: Pick<RunningApi, 'url'>,
  method: string,
  path: string,
  { key = api.adminKey, body = undefined as unknown } = {},
): Promise<Pick<Reply, 'status' | 'body'>> {
  const answer = await fetch(`${running.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'if-match': '*',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: answer.status === 204 ? undefined : await answer.json() };
}

async function create(password: unknown): Promise<string> {
  const body = { name: 'crm', connector: 'postgres', config: { host: 'db', password } };
  const made = await api.call('POST', '/v1/sources', { body });
  assertStatus(made, 201);
  return made.body.id;
}

async function passwordOf(id: string, key: Buffer): Promise<unknown> {
  const store = await createMetadataStore(api.databaseUrl, new KeyRing(key));
  try {
    return ((await store.loadConnector('source', id)).config as { password: unknown }).password;
  } finally {
    await store.close();
  }
}

const ids = { old: '', current: new KeyRing(newKey).currentId };

test('the status says how many values are sealed with which key', async () => {
  ids.old = new KeyRing(api.secretKey).currentId;
  await create('first');
  const reference = await create({ ref: 'env:SECRET_CRM' });
  expect((await api.db('sources').where({ id: reference }).first()).config).toEqual({
    host: 'db',
    password: { ref: 'env:SECRET_CRM' },
  });
  const headers = { 'Idempotency-Key': 'kept' };
  await api.call('POST', '/v1/api-keys', { body: { name: 'k', scope: 'read' }, headers }); // its answer is sealed, too
  expect((await api.call('GET', '/v1/secrets')).body).toEqual({
    currentKey: ids.old,
    keys: [{ key: ids.old, values: 2, available: true }],
  });
  expect((await ask(rotated, 'GET', '/v1/secrets')).body).toEqual({
    currentKey: ids.current,
    keys: [
      { key: ids.current, values: 0, available: true },
      { key: ids.old, values: 2, available: true },
    ],
  });
});

test('a rotation while others write loses nothing, and leaves nothing behind', async () => {
  const sources = await Promise.all(Array.from({ length: 130 }, (_, index) => create(`password ${index}`)));
  const before = new Map((await api.db('sources').select('id', 'revision', 'updated_at')).map((row) => [row.id, row]));
  const changed = sources.slice(0, 40);
  const write = async (): Promise<void> => {
    for (const id of changed) {
      const body = { config: { host: 'db', password: `changed ${id}` } };
      expect((await ask(rotated, 'PATCH', `/v1/sources/${id}`, { body })).status).toBe(200);
    }
  };
  const [first, second] = await Promise.all([
    ask(rotated, 'POST', '/v1/secrets/rotate'),
    ask(rotated, 'POST', '/v1/secrets/rotate'),
    write(),
  ]);
  for (const report of [first, second])
    expect(report).toMatchObject({ status: 200, body: { currentKey: ids.current, remaining: 0, unreadable: [] } });
  expect(first.body.rotated + second.body.rotated).toBeGreaterThan(80);

  for (const id of changed) expect(await passwordOf(id, newKey)).toBe(`changed ${id}`);
  for (const [index, id] of sources.slice(40, 60).entries()) expect(await passwordOf(id, newKey)).toBe(`password ${index + 40}`);
  for (const id of sources.slice(40)) {
    const { revision, updated_at: updatedAt } = await api.db('sources').where({ id }).first();
    expect({ revision, updatedAt }).toEqual({ revision: 1, updatedAt: before.get(id)?.updated_at });
  }
});

test('the old key is not needed any more', async () => {
  const alone = await api.startAgain({ secretKey: newKey });
  try {
    expect((await ask(alone, 'GET', '/v1/secrets')).body.keys).toEqual([
      { key: ids.current, values: expect.any(Number), available: true },
    ]);
    const [{ id }] = (await ask(alone, 'GET', '/v1/sources?limit=1')).body.data;
    const kept = await ask(alone, 'PATCH', `/v1/sources/${id}`, { body: { config: { host: 'other' } } });
    expect(kept).toMatchObject({ status: 200, body: { config: { host: 'other', password: { set: true } } } });
  } finally {
    await alone.close();
  }
});

test('what a process with the old key seals after it is found by the next rotation', async () => {
  const late = await create('sealed late');
  expect((await ask(rotated, 'POST', '/v1/secrets/rotate')).body).toMatchObject({ rotated: 1, remaining: 0 });
  expect(await passwordOf(late, newKey)).toBe('sealed late');
});

test('a value that no key opens is told, and stops nothing', async () => {
  const [lost, fine] = [await create('lost'), await create('fine')];
  const row = await api.db('sources').where({ id: lost }).first();
  row.config.password.$secret.keyId = '00000000';
  await api
    .db('sources')
    .where({ id: lost })
    .update({ config: JSON.stringify(row.config) });
  const { body } = await ask(rotated, 'POST', '/v1/secrets/rotate');
  expect(body).toMatchObject({ remaining: 1, unreadable: [{ id: lost, message: expect.stringContaining('key 00000000') }] });
  expect(await passwordOf(fine, newKey)).toBe('fine');
  expect((await ask(rotated, 'GET', '/v1/secrets')).body.keys).toContainEqual({ key: '00000000', values: 1, available: false });
  await api.db('sources').where({ id: lost }).delete();
});

test('a repeated request is recognised after a rotation, as long as the old key is known', async () => {
  const send = (running: Pick<RunningApi, 'url'>, name: string) =>
    fetch(`${running.url}/v1/api-keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.adminKey}`,
        'content-type': 'application/json',
        'idempotency-key': 'over-a-rotation',
      },
      body: JSON.stringify({ name, scope: 'read' }),
    });
  const first = await (await send(api, 'k')).json();
  await ask(rotated, 'POST', '/v1/secrets/rotate');
  const again = await send(rotated, 'k');
  expect([again.status, again.headers.get('idempotency-replayed'), await again.json()]).toEqual([201, 'true', first]);
  expect((await send(rotated, 'another')).status).toBe(422);
});

test('a key of another workspace sees and rotates what is its own', async () => {
  const made = (await api.call('POST', '/v1/workspaces', { body: { name: 'other' } })).body;
  const key = made.apiKey.key as string;
  await create('of the default one');
  const config = { host: 'db', password: 'theirs' };
  const theirs = await ask(api, 'POST', '/v1/sources', { key, body: { name: 'crm', connector: 'postgres', config } });
  expect((await ask(rotated, 'GET', '/v1/secrets', { key })).body.keys).toContainEqual({
    key: ids.old,
    values: 1,
    available: true,
  });
  expect((await ask(rotated, 'POST', '/v1/secrets/rotate', { key })).body).toMatchObject({ rotated: 1, remaining: 0 });
  expect(await passwordOf(theirs.body.id, newKey)).toBe('theirs');
  expect((await ask(rotated, 'POST', '/v1/secrets/rotate')).body).toMatchObject({ rotated: 1 });
});

test('only an admin may, and it is written down', async () => {
  const reader = (await api.call('POST', '/v1/api-keys', { body: { name: 'r', scope: 'operate' } })).body.key;
  expect((await ask(rotated, 'POST', '/v1/secrets/rotate', { key: reader })).status).toBe(403);
  expect(problemOf(await api.call('GET', '/v1/secrets', { key: reader }))).toMatchObject({ status: 403 });
  const { data } = (await api.call('GET', `/v1/audit?resource=${ids.current}`)).body;
  expect(data[0]).toMatchObject({ route: '/v1/secrets/rotate', status: 200, after: { currentKey: ids.current } });
});
