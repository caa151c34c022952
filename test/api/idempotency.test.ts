import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.js';
import { createConnection } from './support/connections.js';
import { type Harness, type Reply, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

const PASSWORD = 'planted-idempotent-41c7';
const system = { name: 'crm', connector: 'postgres', config: { host: 'db.example', password: PASSWORD } };

const post = (path: string, key: string, body?: unknown, apiKey?: string): Promise<Reply> =>
  api.call('POST', path, {
    headers: { 'idempotency-key': key },
    ...(body === undefined ? {} : { body }),
    ...(apiKey && { key: apiKey }),
  });

const count = async (table: string): Promise<number> => Number((await api.db(table).count('* as n').first())?.n);

const shown = ({ status, headers, body }: Reply): object => ({
  status,
  body,
  location: headers.get('location'),
  etag: headers.get('etag'),
});

test('the same request is carried out once and answered the same', async () => {
  const before = await count('sources');
  const first = await post('/v1/sources', 'create-1', system);
  const again = await post('/v1/sources', 'create-1', { config: system.config, connector: 'postgres', name: 'crm' });
  assertStatus(first, 201);
  expect(shown(again)).toEqual(shown(first));
  expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
  expect(await count('sources')).toBe(before + 1);
  await api.call('DELETE', `/v1/sources/${first.body.id}`);
  expect(shown(await post('/v1/sources', 'create-1', system))).toEqual(shown(first));
});

test('another body with the same key is refused', async () => {
  await post('/v1/sources', 'other-1', system);
  const reply = await post('/v1/sources', 'other-1', { ...system, name: 'erp' });
  expect(problemOf(reply)).toEqual({ status: 422, code: 'request.key_reused', paths: ['Idempotency-Key'] });
});

test('a key counts for one API key and one path', async () => {
  const { key } = (await api.call('POST', '/v1/api-keys', { body: { name: 'second', scope: 'admin' } })).body;
  const made = [
    await post('/v1/sources', 'scoped-1', system),
    await post('/v1/destinations', 'scoped-1', { ...system, name: 'erp' }),
    await post('/v1/sources', 'scoped-1', { ...system, name: 'third' }, key),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201]);
});

test('sent many times at once it is carried out once; the others are told to wait', async () => {
  const before = await count('sources');
  const replies = await Promise.all(Array.from({ length: 12 }, () => post('/v1/sources', 'many-1', system)));
  const made = replies.filter(({ status }) => status === 201);
  const waiting = replies.filter(({ status }) => status === 409);
  expect(made.length + waiting.length).toBe(12);
  expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
  for (const reply of waiting) {
    expect(problemOf(reply)).toMatchObject({ code: 'request.in_flight' });
    expect([reply.headers.get('retry-after'), reply.body.retryable]).toEqual(['1', true]);
  }
  expect(await count('sources')).toBe(before + 1);
});

test('what was refused frees its key: the corrected request may use it', async () => {
  expect((await post('/v1/sources', 'fixed-1', { ...system, connector: 'oracle' })).status).toBe(422);
  expect((await post('/v1/sources', 'fixed-1', { name: 'no connector' })).status).toBe(400);
  expect((await post('/v1/sources', 'fixed-1', system)).status).toBe(201);
  expect(problemOf(await post('/v1/sources', 'with space', system))).toMatchObject({ status: 400, paths: ['Idempotency-Key'] });
});

test('a new API key is shown again to who repeats the request, and kept sealed', async () => {
  const body = { name: 'once', scope: 'read' };
  const first = await post('/v1/api-keys', 'key-1', body);
  const again = await post('/v1/api-keys', 'key-1', body);
  expect(again.body).toEqual(first.body);
  const kept = JSON.stringify(await api.db('idempotency_keys').select());
  expect(kept).toContain('$secret');
  for (const secret of [first.body.key.split('_')[2], PASSWORD]) expect(kept).not.toContain(secret);
});

describe('runs', () => {
  test('a run is started once; another body is refused although Temporal would take it', async () => {
    const worker = await api.startWorker();
    try {
      const { id } = await createConnection(api);
      const path = `/v1/connections/${id}/syncs`;
      const first = await post(path, 'run-1');
      const again = await post(`${path}?wait=1ms`, 'run-1', {});
      assertStatus(first, 202);
      expect(shown(again)).toEqual(shown(first));
      expect(again.headers.get('location')).toBe(`/v1/runs/${first.body.id}`);
      expect(problemOf(await post(path, 'run-1', { streams: ['public.items'] }))).toMatchObject({ status: 422 });
      expect(await api.db('runs').where({ connection_id: id })).toHaveLength(1);
    } finally {
      await worker.stop();
    }
  });

  test('after an unknown outcome the same request may be repeated, another one not', async () => {
    const alone = await startHarness({ temporalAddress: '127.0.0.1:1' });
    try {
      const { id } = await createConnection(alone);
      const request = (body: object) =>
        alone.call('POST', `/v1/connections/${id}/syncs`, { body, headers: { 'idempotency-key': 'unknown-1' } });
      expect((await request({})).status).toBe(503);
      expect((await request({})).status).toBe(503);
      expect(problemOf(await request({ trigger: 'manual' }))).toMatchObject({ status: 422, code: 'request.key_reused' });
    } finally {
      await alone.close();
    }
  });
});

test('a request whose process was killed is taken over when nobody has held it for a while', async () => {
  await post('/v1/sources', 'killed-1', system);
  const { id } = await api.db('idempotency_keys').orderBy('expires_at', 'desc').first();
  const inFlight = { state: 'in_flight', holder: 'gone', status: null, answer: null };
  await api
    .db('idempotency_keys')
    .where({ id })
    .update({ ...inFlight, held_until: new Date(Date.now() + 20_000) });
  expect((await post('/v1/sources', 'killed-1', system)).status).toBe(409);
  await api
    .db('idempotency_keys')
    .where({ id })
    .update({ held_until: new Date(Date.now() - 1_000) });
  expect((await post('/v1/sources', 'killed-1', { ...system, name: 'erp' })).status).toBe(422);
  expect((await post('/v1/sources', 'killed-1', system)).status).toBe(201);
});

test('after 24 hours a key is as good as new, and its entry goes by itself', async () => {
  const first = await post('/v1/sources', 'day-1', system);
  const { id, expires_at: expires } = await api.db('idempotency_keys').orderBy('expires_at', 'desc').first();
  expect(Math.abs(expires.getTime() - Date.now() - 86_400_000)).toBeLessThan(60_000);
  const past = { expires_at: new Date(Date.now() - 1_000) };
  await api.db('idempotency_keys').where({ id }).update(past);
  const next = await post('/v1/sources', 'day-1', { ...system, name: 'tomorrow' });
  expect([next.status, next.body.id === first.body.id]).toEqual([201, false]);
  await api.db('idempotency_keys').where({ id }).update(past);
  const again = await api.startAgain();
  try {
    await waitFor(async () => (await api.db('idempotency_keys').where({ id })).length === 0, { what: 'the entry is gone' });
  } finally {
    await again.close();
  }
});
