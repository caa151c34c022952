import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

interface Key {
  readonly id: string;
  readonly key: string;
  readonly expiresAt: string | null;
  readonly [field: string]: unknown;
}

async function createKey(fields: object = {}): Promise<Key> {
  const reply = await api.call('POST', '/v1/api-keys', { body: { name: 'nightly', scope: 'read', ...fields } });
  assertStatus(reply, 201);
  return reply.body;
}

async function rotate(id: string, body?: object): Promise<Key> {
  const reply = await api.call('POST', `/v1/api-keys/${id}/rotate`, body ? { body } : {});
  assertStatus(reply, 201);
  return reply.body;
}

const works = async ({ key }: Key): Promise<boolean> => (await api.call('GET', '/v1/sources', { key })).status === 200;

const hoursFromNow = (time: string | null): number => Math.round((Date.parse(time ?? '') - Date.now()) / 3_600_000);

async function listed(id: string): Promise<Key> {
  return (await api.call('GET', '/v1/api-keys')).body.data.find((item: Key) => item.id === id);
}

test('the new key works at once, the old one until the overlap ends', async () => {
  const old = await createKey();
  const next = await rotate(old.id, { overlap: '2h' });
  expect(next).toMatchObject({ name: 'nightly', scope: 'read', expiresAt: null, rotatedFrom: old.id });
  expect([await works(old), await works(next)]).toEqual([true, true]);
  expect(hoursFromNow((await listed(old.id)).expiresAt)).toBe(2);
  await api.db('api_keys').where({ id: old.id }).update({ expires_at: new Date() });
  expect([await works(old), await works(next)]).toEqual([false, true]);
});

test('a day by default, none when asked for', async () => {
  const [slow, fast] = [await createKey(), await createKey()];
  await rotate(slow.id);
  expect(hoursFromNow((await listed(slow.id)).expiresAt)).toBe(24);
  await rotate(fast.id, { overlap: '0s' });
  expect(await works(fast)).toBe(false);
});

test('a key that was to end anyway does not live longer by it, and its successor lives as long as it was to', async () => {
  const old = await createKey({ expiresAt: new Date(Date.now() + 10 * 3_600_000).toISOString() });
  const next = await rotate(old.id, { overlap: '90d' });
  expect([hoursFromNow((await listed(old.id)).expiresAt), hoursFromNow(next.expiresAt)]).toEqual([10, 10]);
  expect((await rotate(next.id, { expiresAt: null })).expiresAt).toBeNull();
});

test('what works no more cannot be rotated, nor what is not there', async () => {
  const { id } = await createKey();
  await api.call('DELETE', `/v1/api-keys/${id}`);
  const refused = await api.call('POST', `/v1/api-keys/${id}/rotate`);
  expect(problemOf(refused)).toMatchObject({ status: 409, code: 'request.conflict' });
  expect((await api.call('POST', '/v1/api-keys/key_0/rotate')).status).toBe(404);
  const long = await api.call('POST', `/v1/api-keys/${(await createKey()).id}/rotate`, { body: { overlap: '91d' } });
  expect(problemOf(long)).toEqual({ status: 400, code: 'request.invalid', paths: ['overlap'] });
});

test('a rotation is in the audit log, without the key', async () => {
  const { id } = await createKey();
  const next = await rotate(id);
  const { body, text } = await api.call('GET', `/v1/audit?resource=${id}`);
  expect(body.data[0]).toMatchObject({ route: '/v1/api-keys/{id}/rotate', status: 201, before: { id }, after: { id: next.id } });
  expect(text).not.toContain(next.key.split('_')[2]);
});

test('a mistyped key is told from a revoked one', async () => {
  const { id, key } = await createKey();
  await api.call('DELETE', `/v1/api-keys/${id}`);
  const details = [];
  for (const shown of [key, `${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`, key.slice(0, -3)]) {
    const reply = await api.call('GET', '/v1/sources', { key: shown });
    expect(reply.status).toBe(401);
    details.push(reply.body.detail);
  }
  expect(details).toEqual([
    'The API key is unknown, expired or revoked.',
    expect.stringContaining('mistyped'),
    expect.stringContaining('mistyped'),
  ]);
});
