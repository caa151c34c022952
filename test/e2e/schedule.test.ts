import type { ScheduleHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunRecord } from '../../platform/db/store.js';
import { type ConnectionView, type TickAnswer, connectionWorkflowId, scheduleId } from '../../workflows/messages.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { holdTable } from './support/held-table.js';
import { idle } from './support/idle.js';
import { type TestTemporal, openTemporal } from './support/temporal.js';

/** A connection that is due every second, over a source that never stands still. Tests go on where the last one ended. */

let millrace: Millrace;
let temporal: TestTemporal;
let id: string;
let schedule: ScheduleHandle;

beforeAll(async () => {
  [millrace, temporal] = await Promise.all([startMillrace(), openTemporal()]);
  await millrace.source.query('create table ticks (id bigserial primary key, note text)');
  id = await millrace.connect([{ name: 'public.ticks', mode: 'incremental_append', cursorField: 'id' }]);
  schedule = temporal.client.schedule.getHandle(scheduleId(id));
});
afterAll(async () => {
  await millrace.call('DELETE', `/v1/connections/${id}`);
  await temporal[Symbol.asyncDispose]();
  await millrace[Symbol.asyncDispose]();
});
beforeEach(() => addRow());

async function addRow(): Promise<void> {
  await millrace.source.query(`insert into ticks (note) select 'n' || i from generate_series(1, 100) i`);
}

async function runs(): Promise<readonly RunRecord[]> {
  return (await millrace.call('GET', `/v1/runs?connectionId=${id}&limit=100`)).body.data.toReversed();
}

const setSchedule = (value: object) => millrace.call('PATCH', `/v1/connections/${id}`, { schedule: value });
const ended = (run: RunRecord): boolean => run.endedAt !== undefined && run.endedAt !== null;

/** No run, and no tick that is about to ask for one. By hand: a pause of the connection would hold runs back that wait. */
async function quiet(): Promise<void> {
  await schedule.pause('for a moment');
  await waitFor(async () => (await schedule.describe()).info.runningActions.length === 0, {
    what: 'no tick is under way',
    timeoutMs: 30_000,
  });
  await idle(millrace, id);
}

test('several runs happen by themselves and load what has come since', async () => {
  expect((await setSchedule({ type: 'interval', every: '1s' })).status).toBe(200);
  const done = await waitFor(
    async () => {
      await addRow();
      const all = (await runs()).filter(ended);
      return all.length >= 3 ? all : undefined;
    },
    { what: 'three runs have ended', timeoutMs: 30_000, everyMs: 100 },
  );
  expect(done.map(({ trigger, status }) => `${trigger} ${status}`)).toEqual(done.map(() => 'schedule succeeded'));
});

test('I9, I10: a tick while another run is active is refused, and the Schedule shows it', async () => {
  await using held = await holdTable(millrace.source, 'ticks');
  const { body: run } = await millrace.call('POST', `/v1/connections/${id}/syncs`, {});
  const refused = await waitFor(() => refusedTick(), { what: 'a recent action says that it was refused', timeoutMs: 20_000 });
  expect(refused).toMatch(/^run run_\w+ is active$/);
  await held.release();
  expect((await millrace.ended(run.id)).status).toBe('succeeded');
});

/** The reason that the newest of the Schedule's recent actions was refused for. */
async function refusedTick(): Promise<string | undefined> {
  const { info } = await schedule.describe();
  for (const { action } of info.recentActions.toReversed()) {
    const handle = temporal.client.workflow.getHandle(action.workflow.workflowId, action.workflow.firstExecutionRunId);
    if ((await handle.describe()).status.name !== 'COMPLETED') continue;
    const answer = (await handle.result()) as TickAnswer;
    if (answer.outcome === 'refused') return answer.reason;
  }
  return undefined;
}

test('I9, I10: with overlap queue a tick while another run is active waits, and its run follows', async () => {
  await quiet();
  await setSchedule({ type: 'manual' });
  await using held = await holdTable(millrace.source, 'ticks');
  const manual = await millrace.request(id);
  const state = async () => (await millrace.call('GET', `/v1/connections/${id}/state`)).body as ConnectionView;
  await waitFor(async () => (await state()).active?.runId === manual, { what: 'the manual run is active' });
  expect((await setSchedule({ type: 'interval', every: '1s', overlap: 'queue' })).status).toBe(200);
  const queued = await waitFor(async () => (await state()).queued[0], { what: 'the tick has a place', timeoutMs: 20_000 });
  expect(queued.trigger).toBe('schedule');
  await waitFor(async () => (await schedule.describe()).info.numActionsSkippedOverlap > 0, {
    what: 'one tick waits and more are skipped',
    timeoutMs: 20_000,
  });
  expect((await state()).queued).toHaveLength(1);
  await held.release();
  const [first, second] = [await millrace.ended(manual), await millrace.ended(queued.runId)];
  expect([first.status, second.status]).toEqual(['succeeded', 'succeeded']);
  expect(second).toMatchObject({ number: first.number + 1, trigger: 'schedule' });
  expect(second.startedAt! >= first.endedAt!).toBe(true);
  await setSchedule({ type: 'interval', every: '1s' });
});

test('I9: a run that takes longer than the interval makes the Schedule skip ticks; no two runs overlap', async () => {
  const skipped = async (): Promise<number> => (await schedule.describe()).info.numActionsSkippedOverlap;
  const before = await skipped();
  await using held = await holdTable(millrace.source, 'ticks');
  await waitFor(async () => (await skipped()) > before, { what: 'a tick was skipped', timeoutMs: 20_000 });
  await held.release();
  const all = await runs();
  await waitFor(async () => (await runs()).filter(ended).length >= all.length, { what: 'the held run has ended' });
  const times = (await runs()).filter(ended);
  times.slice(1).forEach((run, index) => expect(run.startedAt! >= times[index]!.endedAt!, JSON.stringify(times)).toBe(true));
  expect(times.map(({ number }) => number)).toEqual(times.map((_, index) => index + 1));
});

test('a connection whose workflow was lost is started by a tick, and numbers on', async () => {
  await quiet();
  const last = (await runs()).at(-1)!;
  await temporal.client.workflow.getHandle(connectionWorkflowId(id)).terminate('lost');
  await schedule.unpause();
  const next = await waitFor(async () => (await runs()).find((run) => ended(run) && run.number > last.number), {
    what: `a run after #${last.number} has ended`,
    timeoutMs: 20_000,
  });
  expect(next).toMatchObject({ trigger: 'schedule', number: last.number + 1, status: 'succeeded' });
});

test('without its schedule no run comes any more, and everything is there', async () => {
  await quiet();
  expect((await setSchedule({ type: 'manual' })).status).toBe(200);
  await expect(schedule.describe()).rejects.toThrow(/not found|no rows/i);
  const settled = await waitFor(async () => {
    const all = await runs();
    return all.every(ended) ? all : undefined;
  });
  const run = await millrace.sync(id);
  expect(run.number).toBe(settled.at(-1)!.number + 1);
  expect(await contentHash(millrace.destination, 'ticks', 'id, note')).toEqual(
    await contentHash(millrace.source, 'ticks', 'id, note'),
  );
});
