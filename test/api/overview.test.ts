import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { holdTable } from '../e2e/support/held-table.js';
import { readOpenMetrics, valueOf } from './support/open-metrics.js';

let millrace: Millrace;
const ids: Record<string, string> = {};

const STREAM = { name: 'public.orders', mode: 'incremental_append', cursorField: 'id' };

/** Nobody takes tasks of its queue, so that what is scheduled does not begin. */
beforeAll(async () => {
  millrace = await startMillrace({ worker: false, settings: { lateAfterMs: 1_000 } });
  await millrace.source.query('create table orders (id int primary key); insert into orders select generate_series(1, 10)');
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function connect(name: string, { table = name, ...more }: { table?: string; stream?: object; schedule?: object } = {}) {
  const id = await millrace.connect([{ ...STREAM, target: { table }, ...more.stream }]);
  const { status } = await millrace.call('PATCH', `/v1/connections/${id}`, {
    name,
    ...(more.schedule ? { schedule: more.schedule } : {}),
  });
  expect(status).toBe(200);
  ids[name] = id;
  return id;
}

const overview = async () => (await millrace.call('GET', '/v1/overview')).body;

test('without a worker: what is scheduled becomes late, and the backlog says why', async () => {
  await connect('never');
  const late = await connect('late', { schedule: { type: 'interval', every: '1s' } });
  const found = await waitFor(
    async () => {
      const seen = await overview();
      return seen.connections.late === 1 && seen.taskQueue.workflow.tasks > 0 ? seen : undefined;
    },
    { what: 'the connection is late', timeoutMs: 30_000 },
  );
  expect(found).toMatchObject({
    connections: { total: 2, ok: 0, failing: 0, late: 1, paused: 0, neverRun: 1 },
    late: [{ connectionId: late, name: 'late', lastRunAt: null }],
    nextRuns: [{ connectionId: late, name: 'late' }],
    runs: { running: 0, queued: 0, data: [] },
    workers: 0,
    taskQueue: { name: millrace.taskQueue },
  });
  expect(Date.parse(found.late[0].dueAt)).toBeLessThanOrEqual(Date.now() - 1_000);
  expect(Date.parse(found.nextRuns[0].at)).toBeGreaterThan(Date.parse(found.late[0].dueAt));
  expect((await millrace.call('GET', '/v1/workers')).body.data).toEqual([]);
});

test('with a worker: it is not late any more; failing, paused and succeeding ones are counted, open runs listed', async () => {
  await millrace.inProcessWorker();
  await waitFor(async () => (await overview()).connections.late === 0, {
    what: 'the late connection has run',
    timeoutMs: 30_000,
  });
  await millrace.call('PATCH', `/v1/connections/${ids['late']}`, { schedule: { type: 'manual' } });
  const failing = await connect('failing', { stream: { name: 'public.nowhere' } });
  const paused = await connect('paused');
  await millrace.call('POST', `/v1/connections/${paused}/pause`, { note: 'moving house' });
  const failed = await millrace.sync(failing);
  const running = await connect('running');
  await using held = await holdTable(millrace.source, 'orders');
  const runId = await millrace.request(running);
  const found = await waitFor(
    async () => {
      const seen = await overview();
      return seen.runs.running === 1 && seen.workers === 1 ? seen : undefined;
    },
    { what: 'the run is under way' },
  );
  expect(found).toMatchObject({
    connections: { total: 5, ok: 1, failing: 1, late: 0, paused: 1, neverRun: 2 },
    failing: [{ connectionId: failing, name: 'failing', runId: failed.id, error: { code: 'source.stream_missing' } }],
    runs: { queued: 0, data: [{ id: runId, connectionId: running, status: 'running' }] },
  });
  await held.release();
  expect((await millrace.ended(runId)).status).toBe('succeeded');
  const [worker] = (await millrace.call('GET', '/v1/workers')).body.data;
  expect(worker).toMatchObject({ polls: ['workflow', 'activity'], version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  expect(Date.now() - Date.parse(worker.lastAccessAt)).toBeLessThan(300_000);
  const { body } = await millrace.call('GET', '/metrics');
  expect(valueOf(readOpenMetrics(body), 'millrace_connections', { health: 'failing' })).toBe(1);
});
