import pg from 'pg';
import { expect, test } from 'vitest';
import { parseTime } from './value-parsers.js';

const slow = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => unknown;

test.each([
  '2026-11-28 08:19:15.123456+00',
  '2026-11-28 08:19:15.1+00',
  '2026-11-28 08:19:15+00',
  '2026-11-28 08:19:15.999999-03',
  '2026-11-28 13:49:15.5+05:30',
  '1950-06-01 10:00:00.999999+00',
  '0099-06-01 10:00:00+00',
  '1850-01-01 00:00:00+00:53:28',
  '0044-03-15 12:00:00+00 BC',
  '12026-01-01 00:00:00+00',
  'infinity',
  '-infinity',
])('%s is the same moment as to pg', (text) => {
  expect(parseTime(text)).toEqual(slow(text));
});
