import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTemporal, openTemporal } from '../e2e/support/temporal.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';

/** A schedule whose runs fail again and again pauses itself, says why, and goes on when the cause is gone. */

let millrace: Millrace;
let temporal: TestTemporal;

beforeAll(async () => {
  millrace = await startMillrace();
  temporal = await openTemporal();
});
afterAll(async () => {
  await temporal[Symbol.asyncDispose]();
  await millrace[Symbol.asyncDispose]();
});

const connectionOf = async (id: string) => (await millrace.call('GET', `/v1/connections/${id}`)).body;
const scheduleOf = async (id: string) => (await temporal.client.schedule.getHandle(`connection/${id}`).describe()).state;

async function failing(table: string, pauseAfterFailures: number): Promise<string> {
  const id = await millrace.connect([{ name: `public.${table}`, mode: 'full_refresh_overwrite' }]);
  const schedule = { type: 'interval', every: '1s' };
  const changed = await millrace.call('PATCH', `/v1/connections/${id}`, { schedule, pauseAfterFailures });
  expect(changed.status, JSON.stringify(changed.body)).toBe(200);
  return id;
}

const tripped = (id: string) =>
  waitFor(async () => (await connectionOf(id)).tripped as string | null, {
    what: 'the schedule pauses itself',
    timeoutMs: 40_000,
  });

test('after so many failed runs in a row, with the reason in the API and in Temporal; a run that succeeds closes it', async () => {
  const id = await failing('comes_later', 3);
  const reason = await tripped(id);
  expect(reason).toMatch(/^paused itself after 3 failed runs in a row: source.stream_missing: /);
  expect(await connectionOf(id)).toMatchObject({ paused: false, scheduleStatus: { paused: true } });
  expect(await scheduleOf(id)).toMatchObject({ paused: true, note: `Paused in Millrace: ${reason}` });
  const { data } = (await millrace.call('GET', `/v1/runs?connectionId=${id}`)).body;
  expect(data.filter(({ status }: { status: string }) => status === 'failed')).toHaveLength(3);
  await millrace.source.query('create table comes_later (id int primary key)');
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await waitFor(async () => (await connectionOf(id)).tripped === null, { what: 'the schedule goes on', timeoutMs: 10_000 });
  expect((await scheduleOf(id)).paused).toBe(false);
  await millrace.call('PATCH', `/v1/connections/${id}`, { schedule: { type: 'manual' } });
});

test('resume lets it try again; an edit and the reconciler do not', async () => {
  const id = await failing('never_comes', 1);
  const reason = await tripped(id);
  await millrace.call('PATCH', `/v1/connections/${id}`, { schedule: { type: 'interval', every: '2s' } });
  await millrace.call('POST', '/v1/schedules/reconcile');
  expect(await connectionOf(id)).toMatchObject({ tripped: reason });
  expect((await scheduleOf(id)).paused).toBe(true);
  const resumed = await millrace.call('POST', `/v1/connections/${id}/resume`);
  expect(resumed.body.tripped).toBeNull();
  await tripped(id); // its next run failed again
  await millrace.call('PATCH', `/v1/connections/${id}`, { schedule: { type: 'manual' } });
});

test('runs that people start count as well, but without a schedule nothing is paused', async () => {
  const id = await millrace.connect([{ name: 'public.absent', mode: 'full_refresh_overwrite' }]);
  await millrace.call('PATCH', `/v1/connections/${id}`, { pauseAfterFailures: 1 });
  for (const _ of [1, 2]) expect((await millrace.sync(id)).status).toBe('failed');
  expect(await connectionOf(id)).toMatchObject({ tripped: null });
});

test('I10: triggers that come while failed runs are counted are not lost', async () => {
  const id = await millrace.connect([
    { name: 'public.absent_too', mode: 'full_refresh_overwrite', target: { table: 'absent_too' } },
  ]);
  for (let round = 0; round < 5; round++) {
    const first = await millrace.request(id);
    await millrace.ended(first); // its outcome shows while the connection still counts it
    expect((await millrace.ended(await millrace.request(id))).status).toBe('failed');
  }
});
