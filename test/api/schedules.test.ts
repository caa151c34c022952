import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection } from './support/connections.js';
import { type Harness, problemOf, startHarness } from './support/harness.js';
import { type TemporalSchedules, openSchedules } from './support/schedules.js';
import { waitFor } from '../support/wait-for.js';

let api: Harness;
let worker: { stop(): Promise<void> };
let temporal: TemporalSchedules;

beforeAll(async () => {
  [api, temporal] = await Promise.all([startHarness(), openSchedules()]);
  worker = await api.startWorker();
});
afterAll(async () => {
  await worker.stop();
  for (const id of created) await api.call('DELETE', `/v1/connections/${id}`);
  await temporal[Symbol.asyncDispose]();
  await api.close();
});

const created: string[] = [];

async function scheduled(schedule: object): Promise<string> {
  const { id } = await createConnection(api, { schedule });
  created.push(id);
  return id;
}

const change = (id: string, body: object) => api.call('PATCH', `/v1/connections/${id}`, { body });
const show = async (id: string) => (await api.call('GET', `/v1/connections/${id}`)).body;

const HOURLY = { type: 'cron', cron: '0 * * * *', timezone: 'Europe/Berlin' };

describe('a schedule in Temporal', () => {
  test('comes with the connection: cron in its time zone, one at a time, catching up about one interval', async () => {
    const id = await scheduled(HOURLY);
    const schedule = await temporal.describe(id);
    expect(schedule.spec.timezone).toBe('Europe/Berlin');
    expect(schedule.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
    expect(schedule.info.nextActionTimes[0]?.getUTCMinutes()).toBe(0);
    expect(schedule.action).toMatchObject({
      type: 'startWorkflow',
      workflowType: 'tick',
      workflowId: `tick/${id}`,
      taskQueue: api.taskQueue,
      args: [
        { workspaceId: 'wsp_default', connectionId: id, labels: { connection: 'shop', source: 'crm', destination: 'warehouse' } },
      ],
      staticSummary: 'Scheduled sync of shop: crm → warehouse',
    });
    const installation = await api.db('installation').first();
    expect(schedule.memo).toEqual({ connection: id, workspace: 'wsp_default', installation: installation.id });
    expect(schedule.state.paused).toBe(false);
  });

  test.each([
    ['15m', 900_000],
    ['1s', 10_000],
  ])('every %s catches up within %i ms', async (every, catchupWindow) => {
    const schedule = await temporal.describe(await scheduled({ type: 'interval', every }));
    expect(schedule.spec.intervals).toMatchObject([{ every: every === '1s' ? 1_000 : 900_000 }]);
    expect(schedule.policies.catchupWindow).toBe(catchupWindow);
  });

  test('a manual connection has none', async () => {
    expect(await temporal.exists(await scheduled({ type: 'manual' }))).toBe(false);
  });

  test('follows every change of the connection', async () => {
    const id = await scheduled(HOURLY);
    expect((await change(id, { schedule: { type: 'interval', every: '2h' } })).status).toBe(200);
    expect((await temporal.describe(id)).spec.intervals).toMatchObject([{ every: 7_200_000 }]);
    await change(id, { name: 'renamed' });
    expect((await temporal.describe(id)).action).toMatchObject({ args: [{ labels: { connection: 'renamed' } }] });
    await change(id, { schedule: { type: 'manual' } });
    expect(await temporal.exists(id)).toBe(false);
    await change(id, { schedule: HOURLY });
    expect((await temporal.describe(id)).policies.catchupWindow).toBe(3_600_000);
    expect((await api.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    expect(await temporal.exists(id)).toBe(false);
  });

  test('is paused and resumed with the connection, and stays paused when changed', async () => {
    const id = await scheduled(HOURLY);
    await api.call('POST', `/v1/connections/${id}/pause`, { body: { note: 'freeze' } });
    expect((await temporal.describe(id)).state).toMatchObject({ paused: true, note: 'Paused in Millrace: freeze' });
    await api.call('PATCH', `/v1/connections/${id}`, { body: { schedule: { type: 'interval', every: '1h' } } });
    expect((await temporal.describe(id)).state).toMatchObject({ paused: true, note: 'Paused in Millrace: freeze' });
    await api.call('POST', `/v1/connections/${id}/resume`);
    expect((await temporal.describe(id)).state.paused).toBe(false);
  });

  test('changes at the same time end with the one that was saved last', async () => {
    const id = await scheduled(HOURLY);
    const every = ['1h', '2h', '3h', '4h', '5h'];
    await Promise.all(
      every.map((text) => api.call('PATCH', `/v1/connections/${id}`, { body: { schedule: { type: 'interval', every: text } } })),
    );
    const saved = (await api.call('GET', `/v1/connections/${id}`)).body;
    expect(saved.version).toBe(6);
    const hours = Number.parseInt(saved.schedule.every, 10);
    expect((await temporal.describe(id)).spec.intervals).toMatchObject([{ every: hours * 3_600_000 }]);
  });

  test('starts the tick workflow', async () => {
    const id = await scheduled({ type: 'interval', every: '1s' });
    await expect.poll(async () => (await temporal.describe(id)).info.numActionsTaken, { timeout: 10_000 }).toBeGreaterThan(0);
  });

  test('survives a restart of the API: nothing is written, and what was lost meanwhile is back', async () => {
    const [lost, kept] = [await scheduled(HOURLY), await scheduled({ type: 'interval', every: '7h' })];
    await temporal.handle(lost).delete();
    const again = await api.startAgain();
    const catchUpWindow = async (): Promise<unknown> =>
      (await temporal.exists(lost)) && (await temporal.describe(lost)).policies.catchupWindow;
    await expect.poll(catchUpWindow, { timeout: 10_000 }).toBe(3_600_000);
    await again.close();
    expect((await temporal.describe(kept)).info.lastUpdatedAt).toBeUndefined();
  });

  test('what it refuses is not saved', async () => {
    const id = await scheduled({ type: 'manual' });
    const reply = await api.call('PATCH', `/v1/connections/${id}`, { body: { schedule: { type: 'cron', cron: '0 0 30 2 *' } } });
    expect(problemOf(reply)).toEqual({ status: 422, code: 'connection.invalid', paths: ['schedule.cron'] });
    expect((await api.call('GET', `/v1/connections/${id}`)).body).toMatchObject({ version: 1, schedule: { type: 'manual' } });
    expect(await temporal.exists(id)).toBe(false);
  });

  test.each([
    [{ type: 'interval', every: '15m', offset: '15m' }, 'schedule.offset'],
    [{ type: 'interval', every: '1500ms' }, 'schedule.every'],
    [{ type: 'interval', every: '15m', jitter: '20m' }, 'schedule.jitter'],
    [{ ...HOURLY, jitter: '90m' }, 'schedule.jitter'],
    [{ ...HOURLY, catchUp: '1s' }, 'schedule.catchUp'],
    [{ ...HOURLY, timezone: '+02:00' }, 'schedule.timezone'],
    [{ ...HOURLY, timezone: 'europe/berlin' }, 'schedule.timezone'],
  ])('%j is refused at %s', async (schedule, path) => {
    const id = await scheduled({ type: 'manual' });
    const { status, code, paths, detail } = await change(id, { schedule }).then((reply) => ({
      ...problemOf(reply),
      detail: reply.body.detail,
    }));
    expect({ status, code, paths }, detail).toEqual({ status: 422, code: 'connection.invalid', paths: [path] });
    expect(await temporal.exists(id)).toBe(false);
  });

  test.each([
    [{ type: 'interval', every: '15m', overlap: 'allow' }, 'schedule.overlap'],
    [{ ...HOURLY, offset: '5m' }, 'schedule.offset'],
  ])('%j is not understood at %s', async (schedule, path) => {
    const id = await scheduled({ type: 'manual' });
    expect(problemOf(await change(id, { schedule }))).toMatchObject({ status: 400, code: 'request.invalid', paths: [path] });
  });
});

describe('what a schedule may say', () => {
  test('an interval: offset, jitter, queueing, catch-up', async () => {
    const config = { type: 'interval', every: '6h', offset: '1h', jitter: '2m', overlap: 'queue', catchUp: '2d' };
    const id = await scheduled(config);
    const { spec, policies, action, info } = await temporal.describe(id);
    expect(spec).toMatchObject({ intervals: [{ every: 21_600_000, offset: 3_600_000 }], jitter: 120_000 });
    expect(policies).toMatchObject({ overlap: 'BUFFER_ONE', catchupWindow: 172_800_000 });
    expect(action).toMatchObject({ args: [{ connectionId: id, overlap: 'queue' }] });
    expect(info.nextActionTimes[0]!.getUTCHours() % 6).toBe(1);
    expect(info.nextActionTimes[0]!.getUTCMinutes()).toBeLessThan(2);
    expect((await show(id)).schedule).toEqual(config);
  });

  test('a cron: jitter spreads the starts, and about one interval is still caught up', async () => {
    const { spec, policies, info } = await temporal.describe(await scheduled({ ...HOURLY, jitter: '10m' }));
    expect(spec.jitter).toBe(600_000);
    expect(info.nextActionTimes.map((time) => time.getUTCMinutes()).every((minute) => minute < 10)).toBe(true);
    expect(new Set(info.nextActionTimes.map((time) => time.getTime() % 3_600_000)).size).toBeGreaterThan(1);
    expect(policies.catchupWindow).toBeGreaterThanOrEqual(3_600_000);
    expect(policies.catchupWindow).toBeLessThanOrEqual(3_600_000 + 1_200_000);
  });

  test('every part follows a change', async () => {
    const id = await scheduled({ type: 'interval', every: '6h', offset: '1h', jitter: '2m', overlap: 'queue', catchUp: '2d' });
    await change(id, { schedule: { type: 'interval', every: '6h' } });
    const { spec, policies, action } = await temporal.describe(id);
    expect(spec.intervals?.[0]?.offset ?? 0).toBe(0);
    expect(spec.jitter ?? 0).toBe(0);
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 21_600_000 });
    expect(action.args?.[0]).not.toHaveProperty('overlap');
  });

  test('day of month and weekday must both hold, unlike in cron', async () => {
    const id = await scheduled({ type: 'cron', cron: '0 0 1 * mon', timezone: 'UTC' });
    const { info } = await temporal.describe(id);
    expect(info.nextActionTimes.length).toBeGreaterThan(3);
    expect(info.nextActionTimes.map((time) => [time.getUTCDate(), time.getUTCDay()])).toEqual(
      info.nextActionTimes.map(() => [1, 1]),
    );
  });
});

describe('GET of one connection', () => {
  /** Null when Temporal takes its time. */
  const statusOf = (id: string) => waitFor(async () => (await show(id)).scheduleStatus, { what: 'Temporal says how it stands' });

  test('says when the next runs come', async () => {
    const id = await scheduled(HOURLY);
    const scheduleStatus = await statusOf(id);
    expect(scheduleStatus).toMatchObject({ paused: false, note: null });
    expect(scheduleStatus.nextRuns).toHaveLength(5);
    expect(scheduleStatus.nextRuns).toEqual(
      (await temporal.describe(id)).info.nextActionTimes.slice(0, 5).map((t) => t.toISOString()),
    );
  });

  test('says that it is paused, and why', async () => {
    const id = await scheduled(HOURLY);
    await api.call('POST', `/v1/connections/${id}/pause`, { body: { note: 'freeze' } });
    expect(await statusOf(id)).toEqual({ nextRuns: [], paused: true, note: 'Paused in Millrace: freeze' });
  });

  test('says nothing for a manual connection, and lists do not ask', async () => {
    expect(await show(await scheduled({ type: 'manual' }))).toHaveProperty('scheduleStatus', null);
    const { body } = await api.call('GET', '/v1/connections?limit=200');
    expect(body.data.some((connection: object) => 'scheduleStatus' in connection)).toBe(false);
  });

  test('answers without Temporal, too', async () => {
    const id = await scheduled(HOURLY);
    const alone = await api.startAgain({ temporalAddress: '127.0.0.1:1' });
    const reply = await fetch(`${alone.url}/v1/connections/${id}`, { headers: { authorization: `Bearer ${api.adminKey}` } });
    expect(await reply.json()).toMatchObject({ id, schedule: HOURLY, scheduleStatus: null });
    await alone.close();
  });
});
