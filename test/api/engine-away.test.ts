import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection } from './support/connections.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';
import { servers } from '../support/servers.js';

let api: Harness;
let temporal: Client;

beforeAll(async () => {
  api = await startHarness();
  temporal = new Client({ connection: await Connection.connect({ address: servers().temporalAddress }) });
});
afterAll(async () => {
  await temporal.connection.close();
  await api.close();
});

describe('without a worker', () => {
  test('503 says that the outcome is unknown; the same key, repeated, gives one run', async () => {
    const { id } = await createConnection(api);
    const request = () => api.call('POST', `/v1/connections/${id}/syncs`, { headers: { 'idempotency-key': 'nightly-1' } });
    const refused = await request();
    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'engine.no_worker' });
    expect(refused.body.retryable).toBe(true);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refused.body.suggestion).toContain('Idempotency-Key');
    const worker = await api.startWorker();
    try {
      const first = await request();
      const again = await request();
      assertStatus(first, 202);
      expect(first.body.number).toBe(1);
      expect(again.body.id).toBe(first.body.id);
    } finally {
      await worker.stop();
    }
  });

  test('state, check and discover say the same', async () => {
    const { id, sourceId } = await createConnection(api);
    const untouched = await api.call('GET', `/v1/connections/${id}/state`);
    expect(untouched.body).toMatchObject({ active: null, feeds: {} });
    expect(problemOf(await api.call('POST', `/v1/sources/${sourceId}/check`))).toMatchObject({
      status: 503,
      code: 'engine.no_worker',
    });
    const running = temporal.workflow.list({
      query: `WorkflowId STARTS_WITH 'check/${sourceId}' AND ExecutionStatus = 'Running'`,
    });
    for await (const workflow of running) expect.unreachable(`${workflow.workflowId} was left behind`);
  });
});

test('a Temporal server that accepts and says nothing counts as away, not as one without workers', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const alone = await startHarness({ temporalAddress: `127.0.0.1:${(silent.address() as AddressInfo).port}` });
  try {
    const { id } = await createConnection(alone);
    expect(problemOf(await alone.call('POST', `/v1/connections/${id}/syncs`))).toMatchObject({
      status: 503,
      code: 'engine.unavailable',
    });
  } finally {
    await alone.close();
    silent.close();
  }
});

test('without a Temporal server the API serves what needs none, and says what it lacks', async () => {
  const alone = await startHarness({ temporalAddress: '127.0.0.1:1' });
  try {
    const { id } = await createConnection(alone);
    expect(problemOf(await alone.call('POST', `/v1/connections/${id}/syncs`))).toMatchObject({
      status: 503,
      code: 'engine.unavailable',
    });
    const scheduled = await alone.call('PATCH', `/v1/connections/${id}`, {
      body: { schedule: { type: 'interval', every: '1h' } },
    });
    expect(problemOf(scheduled)).toMatchObject({ status: 503, code: 'engine.unavailable' });
    expect((await alone.call('GET', `/v1/connections/${id}`)).body.schedule).toEqual({ type: 'manual' });
    const ready = await alone.call('GET', '/readyz', { key: null });
    expect(ready.status).toBe(503);
    expect(ready.body).toEqual({ status: 'unavailable', checks: { database: 'ok', temporal: 'unreachable' } });
    expect((await alone.call('GET', '/healthz', { key: null })).status).toBe(200);
  } finally {
    await alone.close();
  }
});
