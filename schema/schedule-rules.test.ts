import { describe, expect, test } from 'vitest';
import type { ScheduleConfig } from './connection-config.js';
import { cronError } from './cron.js';
import { scheduleErrors } from './schedule-rules.js';

describe('cron expressions', () => {
  test.each([
    '* * * * *',
    '0 * * * *',
    '*/15 0-6,22 1 jan-mar mon',
    '5/10 3 29 2 *',
    '0 0 * * 7',
    '  0  0 1 * SUN ',
    '0 9-17/2 * * MON-FRI',
  ])('%j is fine', (cron) => {
    expect(cronError(cron)).toBeUndefined();
  });

  test.each([
    ['', /five fields/],
    ['* * * *', /has 4/],
    ['* * * * * *', /has 6/],
    ['60 * * * *', /'60' is not a minute/],
    ['* 24 * * *', /hour/],
    ['* * 0 * *', /day of month/],
    ['* * * foo *', /'foo' is not a month/],
    ['* * * * 8', /day of week/],
    ['*/0 * * * *', /minute/],
    ['5-1 * * * *', /minute/],
    ['1,,2 * * * *', /minute/],
    ['@hourly', /five fields/],
    ['0 0 31 2 *', /never fires/],
    ['0 0 31 4,6 *', /never fires/],
  ])('%j is refused', (cron, message) => {
    expect(cronError(cron)).toMatch(message);
  });
});

const interval = (fields: object): ScheduleConfig => ({ type: 'interval', every: '15m', ...fields });
const cron = (fields: object): ScheduleConfig => ({ type: 'cron', cron: '0 * * * *', timezone: 'Europe/Berlin', ...fields });

describe('schedules', () => {
  test.each<ScheduleConfig>([
    { type: 'manual' },
    interval({}),
    interval({ every: '1s' }),
    interval({ every: '2000ms', offset: '1000ms' }),
    interval({ offset: '14m', jitter: '15m', overlap: 'queue', catchUp: '10s' }),
    interval({ every: '366d', catchUp: '366d' }),
    cron({}),
    cron({ timezone: 'US/Eastern', jitter: '1h', overlap: 'skip', catchUp: '2d' }),
  ])('%j is fine', (schedule) => {
    expect(scheduleErrors(schedule)).toEqual([]);
  });

  test.each<[ScheduleConfig, string, string, RegExp]>([
    [interval({ every: '0s' }), 'every', 'too_small', /at least 1s/],
    [interval({ every: '1500ms' }), 'every', 'not_whole_seconds', /whole seconds/],
    [interval({ every: '367d' }), 'every', 'too_large', /at most 366d/],
    [interval({ every: `${'9'.repeat(400)}d` }), 'every', 'too_large', /at most 366d/],
    [interval({ offset: '15m' }), 'offset', 'too_large', /less than the interval \(15m\)/],
    [interval({ offset: '500ms' }), 'offset', 'not_whole_seconds', /whole seconds/],
    [interval({ jitter: '16m' }), 'jitter', 'too_large', /at most the interval \(15m\)/],
    [cron({ jitter: '61m' }), 'jitter', 'too_large', /at most 1h/],
    [cron({ catchUp: '9s' }), 'catchUp', 'too_small', /at least 10s/],
    [cron({ catchUp: '400d' }), 'catchUp', 'too_large', /at most 366d/],
    [cron({ cron: 'x' }), 'cron', 'bad_cron', /five fields/],
    [cron({ timezone: 'Nowhere/Land' }), 'timezone', 'bad_timezone', /no time zone 'Nowhere\/Land'/],
  ])('%j is refused at %s: %s', (schedule, field, code, message) => {
    expect(scheduleErrors(schedule)).toMatchObject([
      { path: `schedule.${field}`, code, message: expect.stringMatching(message) },
    ]);
  });

  test('every error is named, not only the first', () => {
    const wrong = cron({ cron: 'x', timezone: 'Nowhere/Land', jitter: '2h', catchUp: '1s' });
    expect(scheduleErrors(wrong).map(({ path }) => path)).toEqual([
      'schedule.cron',
      'schedule.timezone',
      'schedule.jitter',
      'schedule.catchUp',
    ]);
  });
});
