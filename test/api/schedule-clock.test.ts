import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scheduleSpec } from '../../api/engine/schedule-spec.js';
import type { ScheduleConfig } from '../../schema/connection-config.js';
import { type Harness, startHarness } from './support/harness.js';
import { type TemporalSchedules, openSchedules } from './support/schedules.js';

let api: Harness;
let temporal: TemporalSchedules;

beforeAll(async () => {
  [api, temporal] = await Promise.all([startHarness(), openSchedules()]);
});
afterAll(async () => {
  await temporal[Symbol.asyncDispose]();
  await api.close();
});

describe('when the clock changes in Europe/Berlin', () => {
  /** The next times that the server computes for this schedule from then on, in UTC. */
  async function timesFrom(
    startAt: string,
    schedule: Exclude<ScheduleConfig, { type: 'manual' }>,
    count: number,
  ): Promise<string[]> {
    const handle = await temporal.client.schedule.create({
      scheduleId: `clock-change/${crypto.randomUUID()}`,
      spec: { ...scheduleSpec(schedule), startAt: new Date(startAt) },
      action: { type: 'startWorkflow', workflowType: 'tick', taskQueue: api.taskQueue },
      state: { paused: true },
    });
    const { info } = await handle.describe();
    await handle.delete();
    return info.nextActionTimes.slice(0, count).map((time) => time.toISOString().slice(5, 16));
  }

  const berlin = (cron: string): ScheduleConfig & { type: 'cron' } => ({ type: 'cron', cron, timezone: 'Europe/Berlin' });

  test('02:30 does not exist on 28 March 2027: no run that day', async () => {
    expect(await timesFrom('2027-03-26T12:00Z', berlin('30 2 * * *'), 3)).toEqual(['03-27T01:30', '03-29T00:30', '03-30T00:30']);
  });

  test('02:30 comes twice on 31 October 2027: one run, the second time', async () => {
    expect(await timesFrom('2027-10-29T12:00Z', berlin('30 2 * * *'), 3)).toEqual(['10-30T00:30', '10-31T01:30', '11-01T01:30']);
  });

  test('06:00 stays 06:00 local time over both changes', async () => {
    expect(await timesFrom('2027-03-26T12:00Z', berlin('0 6 * * *'), 3)).toEqual(['03-27T05:00', '03-28T04:00', '03-29T04:00']);
    expect(await timesFrom('2027-10-29T12:00Z', berlin('0 6 * * *'), 3)).toEqual(['10-30T04:00', '10-31T05:00', '11-01T05:00']);
  });

  test('every full hour: no gap in spring, two hours between 02:00 and 03:00 in autumn', async () => {
    expect(await timesFrom('2027-03-28T00:00Z', berlin('0 * * * *'), 3)).toEqual(['03-28T00:00', '03-28T01:00', '03-28T02:00']);
    expect(await timesFrom('2027-10-30T23:00Z', berlin('0 * * * *'), 3)).toEqual(['10-30T23:00', '10-31T00:00', '10-31T02:00']);
  });

  test('an interval, and a cron in UTC, do not notice', async () => {
    const hours = ['10-30T23:00', '10-31T00:00', '10-31T01:00', '10-31T02:00'];
    expect(await timesFrom('2027-10-30T23:00Z', { type: 'interval', every: '1h' }, 4)).toEqual(hours);
    expect(await timesFrom('2027-10-30T23:00Z', { ...berlin('0 * * * *'), timezone: 'UTC' }, 4)).toEqual(hours);
  });
});
