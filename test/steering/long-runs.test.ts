import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTemporal, openTemporal } from '../e2e/support/temporal.js';
import { faultProxy } from '../support/fault-proxy.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';

/** Runs and connections that outlive one history, with limits lowered so that a test can reach them. */

let millrace: Millrace;
let temporal: TestTemporal;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 20_000 });
  temporal = await openTemporal();
});
afterAll(async () => {
  await temporal[Symbol.asyncDispose]();
  await millrace[Symbol.asyncDispose]();
});

async function makeTable(table: string, rows: number): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text); insert into ${table} select i, repeat('n', 60) || i from generate_series(1, ${rows}) i; analyze ${table}`,
  );
}

const stream = (table: string, mode = 'incremental_append'): object => ({
  name: `public.${table}`,
  mode,
  ...(mode.startsWith('incremental') ? { cursorField: 'id' } : {}),
});

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, note')).toEqual(
    await contentHash(millrace.source, table, 'id, note'),
  );
}

/** Starts the connection's workflow before the API does, with a history that is soon too long. */
async function withShortHistory(connectionId: string, maxHistoryEvents: number): Promise<void> {
  await temporal.client.workflow.start('connection', {
    workflowId: `connection/${connectionId}`,
    taskQueue: millrace.taskQueue,
    args: [{ workspaceId: 'wsp_default', connectionId, maxHistoryEvents }],
  });
}

/** How many histories a workflow has had. */
async function histories(workflowId: string): Promise<number> {
  let found = 0;
  for await (const _ of temporal.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) found++;
  return found;
}

test.each(['incremental_append', 'full_refresh_overwrite'])(
  'I1, I2: %s: a run of many slices goes on in new histories, and loads every row once',
  async (mode) => {
    const table = `endless_${mode}`;
    await makeTable(table, 12_000);
    await makeTable(`beside_${mode}`, 10);
    const id = await millrace.connect([stream(table, mode), stream(`beside_${mode}`, mode)]);
    await withShortHistory(id, 40);
    const run = await millrace.sync(id);
    expect(run, JSON.stringify(run)).toMatchObject({ status: 'succeeded' });
    expect(run.streams.map(({ rows }) => rows.loaded)).toEqual([10, 12_000]);
    expect(run.streams[1]?.slices).toBe(12);
    expect(await histories(run.workflowId)).toBeGreaterThan(2);
    await expectSame(table);
    await expectSame(`beside_${mode}`);
    const { feeds } = (await millrace.call('GET', `/v1/connections/${id}/state`)).body;
    expect(feeds[`public.${table}`].seq).toBe(12);
  },
);

test('a run that goes on in a new history can be cancelled, and keeps what it has loaded', async () => {
  await makeTable('cancelled_late', 12_000);
  await using proxy = await faultProxy(millrace.destination.url);
  const id = await millrace.connect([stream('cancelled_late')], { destination: proxy.url });
  await withShortHistory(id, 40);
  const frozen = proxy.trap({ on: 'update _millrace.ledger set loaded', skip: 7, freeze: 'before' });
  const runId = await millrace.request(id);
  await frozen;
  await millrace.call('POST', `/v1/runs/${runId}/cancel`);
  expect((await millrace.ended(runId)).status).toBe('cancelled');
  proxy.cut();
  expect((await millrace.sync(id)).streams[0]?.slices).toBe(5);
  await expectSame('cancelled_late');
});

test('I10: triggers that pour in while the connection continues as new are neither lost nor doubled', async () => {
  await makeTable('poured', 20);
  const id = await millrace.connect([stream('poured')]);
  await withShortHistory(id, 30);
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const key = { 'Idempotency-Key': `pour-${index % 20}` };
      const response = await waitFor(async () => {
        const answer = await fetch(`${millrace.apiUrl}/v1/connections/${id}/syncs`, {
          method: 'POST',
          headers: { authorization: `Bearer ${millrace.apiKey}`, ...key },
        });
        return answer.status === 409 ? undefined : answer; // the other request with the key is in flight
      });
      return { index, status: response.status, id: ((await response.json()) as { id: string }).id };
    }),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  const runs = new Map<number, Set<string>>();
  for (const { index, id: runId } of answers) runs.set(index % 20, (runs.get(index % 20) ?? new Set()).add(runId));
  expect([...runs.values()].map((ids) => ids.size)).toEqual([...runs.values()].map(() => 1));
  for (const runId of new Set(answers.map(({ id: runId }) => runId)))
    expect((await millrace.ended(runId)).status).toBe('succeeded');
  for (let index = 0; index < 4; index++) await millrace.sync(id);
  expect(await histories(`connection/${id}`)).toBeGreaterThan(1);
  await expectSame('poured');
});

test('a run ends at its limit of rows, says so, and the next one goes on, a full refresh in its shadow', async () => {
  await makeTable('limited', 5_000);
  await makeTable('limited_full', 5_000);
  const id = await millrace.connect([stream('limited')]);
  const full = await millrace.connect([stream('limited_full', 'full_refresh_overwrite')]);
  for (const connection of [id, full]) {
    await millrace.call('PATCH', `/v1/connections/${connection}`, { limits: { parallelStreams: 1, rows: 2_000 } });
    const first = await millrace.sync(connection);
    expect(first, JSON.stringify(first)).toMatchObject({ status: 'delayed' });
    expect(first.streams[0]?.notes).toContain('stopped at the limit of 2,000 rows; the next run goes on');
    expect(first.streams[0]).toMatchObject({ slices: 2 });
    expect((await millrace.sync(connection)).status).toBe('delayed');
    const last = await millrace.sync(connection);
    expect(last).toMatchObject({ status: 'succeeded', streams: [{ slices: 1 }] });
  }
  await expectSame('limited');
  await expectSame('limited_full');
});

test('a run ends at its limit of time, streams that had not begun wait for the next one', async () => {
  await makeTable('timed_a', 10);
  await makeTable('timed_b', 10);
  const id = await millrace.connect([stream('timed_a'), stream('timed_b')]);
  await millrace.call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1, duration: '1ms' } });
  const run = await millrace.sync(id);
  expect(run.status).toBe('delayed');
  expect(run.streams.map(({ status }) => status)).toEqual(['delayed', 'delayed']);
  await millrace.call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1 } });
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await expectSame('timed_b');
});

test('progress resets the budget of attempts: a line that breaks at every slice does not stop the run', async () => {
  await makeTable('shaky', 6_000);
  await using proxy = await faultProxy(millrace.destination.url);
  const id = await millrace.connect([stream('shaky')], { destination: proxy.url });
  const runId = await millrace.request(id);
  let cuts = 0;
  for (let slice = 1; slice <= 6; slice++) {
    for (let attempt = 1; attempt <= 3; attempt++) {
      await proxy.trap({ on: 'copy "public"."shaky"', freeze: 'before' });
      proxy.cut();
      cuts++;
    }
    if (slice < 6) await proxy.trap({ on: 'update _millrace.ledger set loaded', freeze: 'before' }).then(() => proxy.release());
  }
  expect(cuts).toBeGreaterThan(13);
  expect((await millrace.ended(runId)).status).toBe('succeeded');
  await expectSame('shaky');
}, 120_000);
