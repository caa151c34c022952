import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FaultProxy, faultProxy } from '../support/fault-proxy.js';
import { startProcess } from '../support/millrace-process.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { servers } from '../support/servers.js';
import { waitFor } from '../support/wait-for.js';
import { sessionsOf } from './support/sessions.js';
import { type TestTemporal, openTemporal } from './support/temporal.js';

/** Stopping workers and APIs while there is work. */

let millrace: Millrace;
let temporal: TestTemporal;
let proxy: FaultProxy;

beforeAll(async () => {
  millrace = await startMillrace({ worker: false, sliceBytes: 100_000 });
  temporal = await openTemporal();
  proxy = await faultProxy(millrace.destination.url);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await temporal[Symbol.asyncDispose]();
  await millrace[Symbol.asyncDispose]();
});

async function makeTable(table: string): Promise<string> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text); insert into ${table} select i, repeat('n', 60) || i from generate_series(1, 6000) i; analyze ${table}`,
  );
  return millrace.connect([{ name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' }], {
    destination: proxy.url,
  });
}

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, note')).toEqual(
    await contentHash(millrace.source, table, 'id, note'),
  );
}

/** Extracts that were begun, further attempts included. */
async function extracts(workflowId: string): Promise<number> {
  const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = new Set(
    (events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: activity }) =>
      activity?.activityType?.name === 'extract' ? [String(eventId)] : [],
    ),
  );
  return (events ?? []).reduce((sum, { activityTaskStartedEventAttributes: started }) => {
    return started && scheduled.has(String(started.scheduledEventId)) ? sum + (started.attempt ?? 1) : sum;
  }, 0);
}

const LOADING = { on: 'update _millrace.ledger set loaded', skip: 2, freeze: 'before' } as const;

test('I11: at SIGTERM a worker ends the steps that are under way; the next one goes on', async () => {
  const id = await makeTable('drained');
  const first = await millrace.workerProcess();
  const loading = proxy.trap(LOADING);
  const runId = await millrace.request(id);
  await loading;
  const gone = first.kill('SIGTERM');
  await waitFor(() => first.output().includes('Stopping'), { what: 'the worker has heard' });
  proxy.release();
  expect(await gone).toEqual({ code: 0, signal: null });
  const second = await millrace.workerProcess();
  const run = await millrace.ended(runId);
  expect(run.status).toBe('succeeded');
  expect(await extracts(run.workflowId)).toBeLessThanOrEqual((run.streams[0]?.slices ?? 0) + 1);
  await expectSame('drained');
  await second.kill('SIGTERM');
}, 120_000);

test('I11: a step that does not end within the grace is given up, its session ended, and done again by the next worker', async () => {
  const id = await makeTable('given_up');
  const first = await millrace.workerProcess();
  const loading = proxy.trap(LOADING);
  const runId = await millrace.request(id);
  await loading;
  expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null }); // the load stays frozen
  expect(await sessionsOf(millrace.source, id)).toEqual([]);
  const second = await millrace.workerProcess();
  expect((await millrace.ended(runId, 90_000)).status).toBe('succeeded');
  proxy.cut();
  await expectSame('given_up');
  await second.kill('SIGTERM');
}, 180_000);

test('I11: a second SIGTERM ends a worker at once; the next one goes on', async () => {
  const id = await makeTable('at_once');
  const first = await millrace.workerProcess();
  const loading = proxy.trap(LOADING);
  const runId = await millrace.request(id);
  await loading;
  process.kill(first.pid, 'SIGTERM');
  await waitFor(() => first.output().includes('Stopping:'), { what: 'the worker has heard' });
  await waitFor(
    () => {
      if (!first.hasExited()) process.kill(first.pid, 'SIGTERM'); // within a second it counts as the same request
      return first.output().includes('Stopping at once.');
    },
    { what: 'the second one counts', everyMs: 100 },
  );
  expect((await first.exited).code).toBe(143);
  const second = await millrace.workerProcess();
  expect((await millrace.ended(runId, 90_000)).status).toBe('succeeded');
  proxy.cut();
  await expectSame('at_once');
  await second.kill('SIGTERM');
}, 180_000);

test('I11: at SIGTERM an API answers those who wait, and ends; the run goes on', async () => {
  const id = await makeTable('waited_for');
  const api = startProcess(['api'], {
    env: {
      DATABASE_URL: millrace.metadata.url,
      TEMPORAL_ADDRESS: servers().temporalAddress,
      MILLRACE_TASK_QUEUE: millrace.taskQueue,
      MILLRACE_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
  });
  const url = await waitFor(() => /ready at (\S+)/.exec(api.output())?.[1], { what: 'the API is ready', timeoutMs: 60_000 });
  await using worker = await millrace.workerProcess();
  const loading = proxy.trap(LOADING);
  const answer = fetch(`${url}/v1/connections/${id}/syncs?wait=60s`, {
    method: 'POST',
    headers: { authorization: `Bearer ${millrace.apiKey}` },
  });
  await loading;
  expect(await api.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  const run = (await (await answer).json()) as { id: string; status: string };
  expect(run.status).toBe('running');
  proxy.release();
  expect((await millrace.ended(run.id)).status).toBe('succeeded');
  await expectSame('waited_for');
  await worker.kill('SIGTERM');
}, 120_000);
