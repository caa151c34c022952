import { expect, test } from 'vitest';
import { catchUpWindowMs, scheduleSpec, type TimedSchedule } from './schedule-spec.js';

const cron: TimedSchedule = { type: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin' };
const interval: TimedSchedule = { type: 'interval', every: '15m' };
const at = (...minutes: number[]): Date[] => minutes.map((minute) => new Date(minute * 60_000));

test('a schedule in the words of Temporal', () => {
  expect(scheduleSpec(cron)).toEqual({ cronExpressions: ['30 2 * * *'], timezone: 'Europe/Berlin' });
  expect(scheduleSpec(interval)).toEqual({ intervals: [{ every: 900_000 }] });
  expect(scheduleSpec({ ...cron, jitter: '1m' })).toMatchObject({ jitter: 60_000 });
  expect(scheduleSpec({ ...interval, offset: '5m' })).toEqual({ intervals: [{ every: 900_000, offset: 300_000 }] });
});

test.each<[string, TimedSchedule, Date[], number]>([
  ['what is asked for', { ...interval, catchUp: '2h' }, [], 7_200_000],
  ['one interval', interval, [], 900_000],
  ['never less than Temporal takes', { ...interval, every: '1s' }, [], 10_000],
  ['the smallest gap of a cron', cron, at(0, 1440, 2820, 4260), 1380 * 60_000],
  ['a minute, until the times of a cron are known', cron, [], 60_000],
  ['with its jitter', { ...cron, jitter: '10m' }, at(0, 55, 120), 65 * 60_000],
  ['but not with more of it than can be', { ...cron, jitter: '1h' }, at(0, 1, 3), 3 * 60_000],
])('the catch-up window is %s', (_, schedule, times, windowMs) => {
  expect(catchUpWindowMs(schedule, times)).toBe(windowMs);
});
