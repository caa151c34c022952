import { Client, Connection, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection } from './support/connections.js';
import { type Harness, problemOf, startHarness } from './support/harness.js';
import { servers } from '../support/servers.js';

let api: Harness;
let worker: { stop(): Promise<void> };
let temporal: Client;

beforeAll(async () => {
  api = await startHarness();
  worker = await api.startWorker();
  temporal = new Client({ connection: await Connection.connect({ address: servers().temporalAddress }) });
});
afterAll(async () => {
  await worker.stop();
  for (const id of created) await api.call('DELETE', `/v1/connections/${id}`);
  await temporal.connection.close();
  await api.close();
});

const created: string[] = [];

async function scheduled(schedule: object): Promise<string> {
  const { id } = await createConnection(api, { schedule });
  created.push(id);
  return id;
}

const describeSchedule = (id: string): Promise<ScheduleDescription> => temporal.schedule.getHandle(`connection/${id}`).describe();

async function hasSchedule(id: string): Promise<boolean> {
  return describeSchedule(id).then(
    () => true,
    (error: unknown) => !(error instanceof ScheduleNotFoundError),
  );
}

const HOURLY = { type: 'cron', cron: '0 * * * *', timezone: 'Europe/Berlin' };

describe('a schedule in Temporal', () => {
  test('comes with the connection: cron in its time zone, one at a time, catching up about one interval', async () => {
    const id = await scheduled(HOURLY);
    const schedule = await describeSchedule(id);
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
    expect(schedule.memo).toEqual({ connection: id, workspace: 'wsp_default' });
    expect(schedule.state.paused).toBe(false);
  });

  test.each([
    ['15m', 900_000],
    ['1s', 10_000],
  ])('every %s catches up within %i ms', async (every, catchupWindow) => {
    const schedule = await describeSchedule(await scheduled({ type: 'interval', every }));
    expect(schedule.spec.intervals).toMatchObject([{ every: every === '1s' ? 1_000 : 900_000 }]);
    expect(schedule.policies.catchupWindow).toBe(catchupWindow);
  });

  test('a manual connection has none', async () => {
    expect(await hasSchedule(await scheduled({ type: 'manual' }))).toBe(false);
  });

  test('follows every change of the connection', async () => {
    const id = await scheduled(HOURLY);
    const change = (body: object) => api.call('PATCH', `/v1/connections/${id}`, { body });
    expect((await change({ schedule: { type: 'interval', every: '2h' } })).status).toBe(200);
    expect((await describeSchedule(id)).spec.intervals).toMatchObject([{ every: 7_200_000 }]);
    await change({ name: 'renamed' });
    expect((await describeSchedule(id)).action).toMatchObject({ args: [{ labels: { connection: 'renamed' } }] });
    await change({ schedule: { type: 'manual' } });
    expect(await hasSchedule(id)).toBe(false);
    await change({ schedule: HOURLY });
    expect((await describeSchedule(id)).policies.catchupWindow).toBe(3_600_000);
    expect((await api.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    expect(await hasSchedule(id)).toBe(false);
  });

  test('is paused and resumed with the connection, and stays paused when changed', async () => {
    const id = await scheduled(HOURLY);
    await api.call('POST', `/v1/connections/${id}/pause`, { body: { note: 'freeze' } });
    expect((await describeSchedule(id)).state).toMatchObject({ paused: true, note: 'freeze' });
    await api.call('PATCH', `/v1/connections/${id}`, { body: { schedule: { type: 'interval', every: '1h' } } });
    expect((await describeSchedule(id)).state.paused).toBe(true);
    await api.call('POST', `/v1/connections/${id}/resume`);
    expect((await describeSchedule(id)).state.paused).toBe(false);
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
    expect((await describeSchedule(id)).spec.intervals).toMatchObject([{ every: hours * 3_600_000 }]);
  });

  test('starts the tick workflow', async () => {
    const id = await scheduled({ type: 'interval', every: '1s' });
    await expect.poll(async () => (await describeSchedule(id)).info.numActionsTaken, { timeout: 10_000 }).toBeGreaterThan(0);
  });

  test('comes back when Temporal has lost it', async () => {
    const [lost, kept] = [await scheduled(HOURLY), await scheduled({ type: 'interval', every: '7h' })];
    await temporal.schedule.getHandle(`connection/${lost}`).delete();
    const again = await api.startAgain();
    const catchUpWindow = async (): Promise<unknown> =>
      (await hasSchedule(lost)) && (await describeSchedule(lost)).policies.catchupWindow;
    await expect.poll(catchUpWindow, { timeout: 10_000 }).toBe(3_600_000);
    expect((await describeSchedule(kept)).info.lastUpdatedAt).toBeUndefined();
    await again.close();
  });

  test('what it refuses is not saved', async () => {
    const id = await scheduled({ type: 'manual' });
    const reply = await api.call('PATCH', `/v1/connections/${id}`, { body: { schedule: { type: 'cron', cron: '0 0 30 2 *' } } });
    expect(problemOf(reply)).toEqual({ status: 422, code: 'connection.invalid', paths: ['schedule.cron'] });
    expect((await api.call('GET', `/v1/connections/${id}`)).body).toMatchObject({ version: 1, schedule: { type: 'manual' } });
    expect(await hasSchedule(id)).toBe(false);
  });
});
