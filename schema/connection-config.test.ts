import { expect, test } from 'vitest';
import { durationMs, scheduleSchema, streamConfigSchema, streamsConfigSchema } from './connection-config.js';

const STREAM = { name: 'public.orders', mode: 'incremental_append', cursorField: 'id' };

test('defaults are filled in', () => {
  expect(streamConfigSchema.parse(STREAM)).toMatchObject({ dedup: 'newest_wins', nullCursor: 'include', settle: '30s' });
});

test.each([
  [{ ...STREAM, mode: 'merge' }, 'mode'],
  [{ ...STREAM, settle: '30 seconds' }, 'settle'],
  [{ ...STREAM, primaryKey: [] }, 'primaryKey'],
  [{ ...STREAM, surprise: 1 }, ''],
  [{ ...STREAM, columns: { include: ['a'], exclude: ['b'] } }, 'columns'],
])('%j is refused at %s', (stream, path) => {
  const issues = streamConfigSchema.safeParse(stream).error?.issues ?? [];
  expect(issues[0]?.path.join('.')).toBe(path);
});

test('a stream may be listed once', () => {
  const issues = streamsConfigSchema.safeParse([STREAM, STREAM]).error?.issues ?? [];
  expect(issues[0]).toMatchObject({ path: [1, 'name'], message: expect.stringContaining('public.orders') });
});

test('a schedule is manual, cron or interval, nothing else', () => {
  expect(scheduleSchema.parse({ type: 'cron', cron: '0 * * * *' })).toMatchObject({ timezone: 'UTC' });
  expect(scheduleSchema.safeParse({ type: 'interval', every: 'hourly' }).success).toBe(false);
  expect(scheduleSchema.safeParse({ type: 'yearly' }).success).toBe(false);
});

test.each([
  [{ type: 'interval', every: '1h', overlap: 'buffer' }, 'overlap'],
  [{ type: 'interval', every: '1h', jitter: 'some' }, 'jitter'],
  [{ type: 'interval', every: '1h', offset: '5' }, 'offset'],
  [{ type: 'cron', cron: '0 * * * *', catchUp: 'always' }, 'catchUp'],
  [{ type: 'cron', cron: '0 * * * *', offset: '5m' }, ''],
  [{ type: 'manual', jitter: '5m' }, ''],
])('the schedule %j is refused at %s', (schedule, path) => {
  expect(scheduleSchema.safeParse(schedule).error?.issues[0]?.path.join('.')).toBe(path);
});

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
])('%s is %d ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
