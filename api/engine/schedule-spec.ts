import type { ScheduleSpec } from '@temporalio/client';
import { durationMs, type ScheduleConfig } from '../../schema/connection-config.js';

export type TimedSchedule = Exclude<ScheduleConfig, { readonly type: 'manual' }>;

const SHORTEST_CATCH_UP_MS = 10_000;
const FIRST_CATCH_UP_MS = 60_000;

export function scheduleSpec(schedule: TimedSchedule): ScheduleSpec {
  return { ...times(schedule), ...(schedule.jitter === undefined ? {} : { jitter: durationMs(schedule.jitter) }) };
}

function times(schedule: TimedSchedule): ScheduleSpec {
  if (schedule.type === 'cron') return { cronExpressions: [schedule.cron], timezone: schedule.timezone };
  const offset = schedule.offset === undefined ? {} : { offset: durationMs(schedule.offset) };
  return { intervals: [{ every: durationMs(schedule.every), ...offset }] };
}

/**
 * Unless the schedule says it, about one interval: after an outage the latest missed run is made up for, and not two
 * hundred of them. A cron expression's interval is taken from its next times, once the server has named them.
 */
export function catchUpWindowMs(schedule: TimedSchedule, nextTimes: readonly Date[] = []): number {
  if (schedule.catchUp !== undefined) return durationMs(schedule.catchUp);
  const interval = schedule.type === 'interval' ? durationMs(schedule.every) : smallestGapMs(nextTimes, schedule.jitter);
  return Math.max(SHORTEST_CATCH_UP_MS, interval ?? FIRST_CATCH_UP_MS);
}

/** The server names times with their jitter, which brings two of them closer together than they are meant. */
function smallestGapMs(times: readonly Date[], jitter = '0s'): number | undefined {
  const gaps = times.slice(1).map((time, index) => time.getTime() - (times[index]?.getTime() ?? 0));
  return gaps.length === 0 ? undefined : Math.min(...gaps) + Math.min(durationMs(jitter), Math.max(...gaps));
}
