import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateKey } from '../../api/auth/key-format.js';
import { type Harness, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

async function createKey(): Promise<{ id: string; key: string }> {
  return (await api.call('POST', '/v1/api-keys', { body: { name: 'k', scope: 'read' } })).body;
}

const hashOf = async (id: string): Promise<string> => (await api.db('api_keys').where({ id }).first()).hash;

const read = async (key: string): Promise<number> => (await api.call('GET', '/v1/sources', { key })).status;

/** Another secret behind the prefix of a key, without a checksum that would give it away. */
function guess(key: string): string {
  const prefix = key.split('_')[1] ?? '';
  const { secret } = generateKey();
  return `mrk_${prefix}_${secret}`;
}

test('a key is stored as scrypt, with a salt of its own', async () => {
  const [one, two] = [await createKey(), await createKey()];
  const hashes = await Promise.all([hashOf(one.id), hashOf(two.id)]);
  for (const hash of hashes) expect(hash).toMatch(/^scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  expect(hashes[0]).not.toBe(hashes[1]);
  expect(await read(one.key)).toBe(200);
});

test('a key that was stored as SHA-256 works, and is stored as scrypt when it is used', async () => {
  const { id, key } = await createKey();
  const secret = (key.split('_')[2] ?? '').slice(0, 52);
  const old = createHash('sha256').update(secret).digest('hex');
  await api.db('api_keys').where({ id }).update({ hash: old });
  expect(await Promise.all([read(key), read(key), read(key)])).toEqual([200, 200, 200]);
  expect(await hashOf(id)).toMatch(/^scrypt\$/);
  expect(await read(key)).toBe(200);
  const again = await api.startAgain(); // knows no key yet
  try {
    const answer = await fetch(`${again.url}/v1/sources`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
  } finally {
    await again.close();
  }
});

test('a key that is known to the process is refused at once when it is revoked, has expired, or its hash is another', async () => {
  const [revoked, expired, changed] = [await createKey(), await createKey(), await createKey()];
  for (const { key } of [revoked, expired, changed]) expect(await read(key)).toBe(200);
  await api.db('api_keys').where({ id: revoked.id }).update({ revoked_at: new Date() });
  await api.db('api_keys').where({ id: expired.id }).update({ expires_at: new Date() });
  await api
    .db('api_keys')
    .where({ id: changed.id })
    .update({ hash: await hashOf(revoked.id) });
  for (const { key } of [revoked, expired, changed]) expect(await read(key)).toBe(401);
});

test('who guesses secrets of a key is refused after ten, and who has it is not', async () => {
  const { key } = await createKey();
  expect(await read(key)).toBe(200);
  const replies = await Promise.all(Array.from({ length: 30 }, () => api.call('GET', '/v1/sources', { key: guess(key) })));
  const statuses = replies.map(({ status }) => status);
  const wrong = statuses.filter((status) => status === 401).length;
  expect(wrong).toBeGreaterThan(0);
  expect(wrong).toBeLessThan(15); // ten a minute, one of which went to the key itself
  expect(statuses.filter((status) => status === 429)).toHaveLength(30 - wrong);
  const refused = replies.find(({ status }) => status === 429);
  expect(refused && problemOf(refused).code).toBe('request.rate_limited');
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await read(key)).toBe(200);
  const other = await createKey();
  expect(await read(other.key)).toBe(200);
});
