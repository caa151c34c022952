import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.js';
import { loadSettings } from '../../platform/config/settings.js';
import { type Harness, type Reply, problemOf, startHarness } from './support/harness.js';

const LIMIT = 5;

let api: Harness;
const settings = { ...loadSettings({ MILLRACE_LOG_LEVEL: 'error', MILLRACE_RATE_LIMIT: `${LIMIT}/5s` }), taskQueue: 'none' };

beforeAll(async () => {
  api = await startHarness({ settings });
});
afterAll(() => api.close());

const numbers = ({ headers }: Reply): number[] =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`) ?? Number.NaN));

test('a key is told what it has left, refused when it has nothing, and let through again later', async () => {
  const { key } = (await api.call('POST', '/v1/api-keys', { body: { name: 'busy', scope: 'read' } })).body;
  const call = () => api.call('GET', '/v1/connectors/postgres', { key });
  const replies = await Promise.all(Array.from({ length: LIMIT + 3 }, call));
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(2); // one may have come back meanwhile
  for (const reply of refused) {
    expect(problemOf(reply)).toEqual({ status: 429, code: 'request.rate_limited', paths: [] });
    expect(numbers(reply).slice(0, 2)).toEqual([LIMIT, 0]);
    expect([reply.headers.get('retry-after'), reply.body.retryable]).toEqual(['1', true]);
  }
  const allowed = replies.filter(({ status }) => status === 200);
  expect(allowed.map((reply) => numbers(reply)[0])).toEqual(allowed.map(() => LIMIT));
  expect(Math.max(...allowed.map((reply) => numbers(reply)[1] ?? 0))).toBe(LIMIT - 1);
  await waitFor(async () => (await call()).status === 200, { what: 'the key may ask again' });
});

test('one key that is refused does not stop another, and refusals do not fill the audit log', async () => {
  const { id, key } = (await api.call('POST', '/v1/api-keys', { body: { name: 'flood', scope: 'read' } })).body;
  const flood = await Promise.all(Array.from({ length: LIMIT * 2 }, () => api.call('POST', '/v1/sources', { key, body: {} })));
  expect(flood.map(({ status }) => status)).toContain(429);
  expect((await api.call('GET', '/v1/connectors')).status).toBe(200);
  const logged = await api.db('audit').where({ key_id: id });
  expect(logged).toHaveLength(flood.filter(({ status }) => status === 403).length);
});

test('who has no key costs nobody anything, and health is not counted', async () => {
  const reply = await api.call('GET', '/healthz', { key: null });
  expect([reply.status, reply.headers.get('ratelimit-limit')]).toEqual([200, null]);
  expect((await api.call('GET', '/v1/sources', { key: null })).headers.get('ratelimit-limit')).toBeNull();
});

test('off is off', async () => {
  const { rateLimit: _none, ...unlimited } = settings;
  const other = await startHarness({ settings: unlimited });
  try {
    const replies = await Promise.all(Array.from({ length: LIMIT * 4 }, () => other.call('GET', '/v1/connectors')));
    expect(replies.every(({ status, headers }) => status === 200 && headers.get('ratelimit-limit') === null)).toBe(true);
  } finally {
    await other.close();
  }
});
