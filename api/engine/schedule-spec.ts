import type { ScheduleSpec } from '@temporalio/client';
import { durationMs, type ScheduleConfig } from '../../schema/connection-config.js';

export type TimedSchedule = Exclude<ScheduleConfig, { readonly type: 'manual' }>;

const SHORTEST_CATCH_UP_MS = 10_000;
const FIRST_CATCH_UP_MS = 60_000;

export function scheduleSpec(schedule: TimedSchedule): ScheduleSpec {
  return schedule.type === 'cron'
    ? { cronExpressions: [schedule.cron], timezone: schedule.timezone }
    : { intervals: [{ every: durationMs(schedule.every) }] };
}

/**
 * About one interval: after an outage the latest missed run is made up for, and not two hundred of them. A cron
 * expression's interval is the smallest gap between its next times, once the server has named them.
 */
export function catchUpWindowMs(schedule: TimedSchedule, nextTimes: readonly Date[] = []): number {
  const interval = schedule.type === 'interval' ? durationMs(schedule.every) : smallestGapMs(nextTimes);
  return Math.max(SHORTEST_CATCH_UP_MS, interval ?? FIRST_CATCH_UP_MS);
}

function smallestGapMs(times: readonly Date[]): number | undefined {
  const gaps = times.slice(1).map((time, index) => time.getTime() - (times[index]?.getTime() ?? 0));
  return gaps.length === 0 ? undefined : Math.min(...gaps);
}
