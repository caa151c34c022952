import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Probes } from '../../api/engine/probes.js';
import { TemporalLink } from '../../api/engine/temporal-link.js';
import { servers } from '../support/servers.js';
import { createConnection } from './support/connections.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

const catalog = {
  streams: [
    {
      name: 'public.orders',
      fields: [{ name: 'id', type: 'int64', nullable: false }],
      primaryKey: ['id'],
      cursorCandidates: ['id'],
      estimatedRows: 10,
    },
  ],
};

let api: Harness;
let worker: { stop(): Promise<void> };
let sourceId: string;
let destinationId: string;
let answer: () => unknown;

/** Only an activity that heartbeats hears of its cancellation. */
async function beating(): Promise<unknown> {
  const beat = setInterval(() => Context.current().heartbeat(), 100);
  try {
    return await answer();
  } finally {
    clearInterval(beat);
  }
}

beforeAll(async () => {
  api = await startHarness();
  worker = await api.startWorker({ check: beating, discover: beating });
  ({ sourceId, destinationId } = await createConnection(api));
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

test('check answers with facts about the other system', async () => {
  answer = () => ({ ok: true, facts: { version: '18.0', user: 'sync' } });
  for (const path of [`/v1/sources/${sourceId}/check`, `/v1/destinations/${destinationId}/check`]) {
    const reply = await api.call('POST', path);
    assertStatus(reply, 200);
    expect(reply.body).toEqual({ ok: true, facts: { version: '18.0', user: 'sync' } });
  }
});

test('discover answers with the catalog', async () => {
  answer = () => catalog;
  expect((await api.call('POST', `/v1/sources/${sourceId}/discover`)).body).toEqual(catalog);
});

test('what the connector says is wrong keeps its code, path and suggestion', async () => {
  answer = () => {
    throw ApplicationFailure.create({
      type: 'connector.auth_failed',
      message: 'The server refused user sync.',
      nonRetryable: true,
      details: [{ suggestion: 'Grant LOGIN.', path: 'config.password' }],
    });
  };
  const reply = await api.call('POST', `/v1/sources/${sourceId}/check`);
  expect(problemOf(reply)).toEqual({ status: 422, code: 'connector.auth_failed', paths: ['config.password'] });
  expect(reply.body).toMatchObject({ detail: 'The server refused user sync.', suggestion: 'Grant LOGIN.', retryable: false });
});

test('a failure that nobody foresaw says nothing of our inside', async () => {
  answer = () => {
    throw new Error('secret inside');
  };
  const reply = await api.call('POST', `/v1/sources/${sourceId}/check`);
  expect(problemOf(reply)).toMatchObject({ status: 500, code: 'engine.internal' });
  expect(reply.text).not.toContain('secret inside');
});

test('a connector that takes too long is told as such, and cancelled', async () => {
  let cancelled = false;
  answer = () =>
    Context.current().cancelled.catch((error: unknown) => {
      cancelled = true;
      throw error;
    });
  const link = new TemporalLink({
    address: servers().temporalAddress,
    namespace: 'default',
    taskQueue: api.taskQueue,
    useEnvironment: false,
  });
  const probes = new Probes(link, { pickUpMs: 1_500, resultMs: 3_000 });
  const input = { workspaceId: 'wsp_default', kind: 'source', resourceId: sourceId } as const;
  await expect(probes.check(input, 'slow')).rejects.toMatchObject({ code: 'engine.timeout' });
  await expect.poll(() => cancelled, { timeout: 10_000 }).toBe(true);
  await link.close();
});

test('what does not exist is not asked for', async () => {
  answer = () => expect.unreachable();
  expect(problemOf(await api.call('POST', '/v1/sources/src_0/discover'))).toMatchObject({ status: 404 });
  expect(problemOf(await api.call('POST', `/v1/sources/${destinationId}/check`))).toMatchObject({ status: 404 });
});
