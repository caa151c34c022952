import { durationMs, type ScheduleConfig } from './connection-config.js';
import type { FieldError } from '../platform/errors/error.js';
import { cronError } from './cron.js';

/** What can be wrong with a schedule although each field alone is well formed. Pure. */

type Timed = Exclude<ScheduleConfig, { readonly type: 'manual' }>;
type Interval = Extract<ScheduleConfig, { readonly type: 'interval' }>;

const SECOND_MS = 1_000;
const LONGEST_MS = 366 * 86_400_000;
const LONGEST_CRON_JITTER = '1h';
/** Temporal takes less for this much. */
const SHORTEST_CATCH_UP_MS = 10_000;

export function scheduleErrors(schedule: ScheduleConfig): readonly FieldError[] {
  if (schedule.type === 'manual') return [];
  const own =
    schedule.type === 'interval'
      ? intervalErrors(schedule)
      : [...cronErrors(schedule.cron), ...timezoneErrors(schedule.timezone)];
  return [...own, ...jitterErrors(schedule), ...catchUpErrors(schedule.catchUp)];
}

function intervalErrors({ every, offset }: Interval): readonly FieldError[] {
  return [...everyErrors(every), ...(offset === undefined ? [] : offsetErrors(offset, every))];
}

function everyErrors(every: string): readonly FieldError[] {
  if (durationMs(every) < SECOND_MS) return [error('every', 'too_small', 'An interval is at least 1s.')];
  if (durationMs(every) > LONGEST_MS) return [error('every', 'too_large', 'An interval is at most 366d.')];
  return wholeSecondErrors('every', every);
}

function offsetErrors(offset: string, every: string): readonly FieldError[] {
  if (durationMs(offset) < durationMs(every)) return wholeSecondErrors('offset', offset);
  return [error('offset', 'too_large', `The offset must be less than the interval (${every}).`)];
}

/** Temporal drops what is less than a second, and 1500ms would run every second. */
function wholeSecondErrors(field: string, duration: string): readonly FieldError[] {
  if (durationMs(duration) % SECOND_MS === 0) return [];
  return [error(field, 'not_whole_seconds', 'Schedules count whole seconds.', 'Example: 90s.')];
}

function jitterErrors(schedule: Timed): readonly FieldError[] {
  const interval = schedule.type === 'interval' ? schedule.every : undefined;
  const most = interval ?? LONGEST_CRON_JITTER;
  if (schedule.jitter === undefined || durationMs(schedule.jitter) <= durationMs(most)) return [];
  const limit = interval === undefined ? most : `the interval (${interval})`;
  return [error('jitter', 'too_large', `The jitter is at most ${limit}.`)];
}

function catchUpErrors(catchUp: string | undefined): readonly FieldError[] {
  if (catchUp === undefined) return [];
  if (durationMs(catchUp) < SHORTEST_CATCH_UP_MS)
    return [error('catchUp', 'too_small', 'The catch-up window is at least 10s.', 'Leave it out for about one interval.')];
  return durationMs(catchUp) > LONGEST_MS ? [error('catchUp', 'too_large', 'The catch-up window is at most 366d.')] : [];
}

function cronErrors(cron: string): readonly FieldError[] {
  const wrong = cronError(cron);
  if (wrong === undefined) return [];
  return [error('cron', 'bad_cron', `The cron expression ${wrong}.`, 'Example: 0 * * * * is every full hour.')];
}

function timezoneErrors(timezone: string): readonly FieldError[] {
  try {
    Intl.DateTimeFormat('en', { timeZone: timezone });
    return [];
  } catch {
    return [error('timezone', 'bad_timezone', `There is no time zone '${timezone}'.`, 'Example: Europe/Berlin.')];
  }
}

function error(field: string, code: string, message: string, suggestion?: string): FieldError {
  return { path: `schedule.${field}`, code, message, ...(suggestion === undefined ? {} : { suggestion }) };
}
