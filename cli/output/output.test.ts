import { expect, test } from 'vitest';
import { MillraceError } from '../../platform/errors/error.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { describeError } from './report.js';
import { failureOf, formatOf } from './output.js';
import { formatTable } from './table.js';
import { duration, position } from './text.js';

test('an error is code, place, message and what to do, without a stack trace', () => {
  const error = new MillraceError('setup.invalid', { detail: 'It is wrong.', path: 'MILLRACE_PG_PORT' });
  expect(describeError(error)).toBe(
    '✗ setup.invalid  MILLRACE_PG_PORT\n  It is wrong.\n  → Correct the environment variable that detail names.',
  );
});

test('an error that nobody foresaw shows its message, but no secret in it', () => {
  expect(describeError(new Error('connect postgres://u:hunter2@h failed'))).toBe(
    '✗ engine.internal\n  connect postgres://***@h failed',
  );
});

test.each([
  ['setup.invalid', EXIT.usage],
  ['setup.unavailable', EXIT.environment],
  ['engine.unavailable', EXIT.environment],
  ['connector.auth_failed', EXIT.usage],
  ['source.bad_data', EXIT.failed],
  ['engine.internal', EXIT.failed],
] as const)('%s exits with %i', (code, exit) => {
  expect(exitCodeOf(new MillraceError(code, { detail: 'x' }))).toBe(exit);
});

test('a table is as wide as its widest cells, numbers to the right', () => {
  const table = formatTable(
    [{ title: 'stream' }, { title: 'rows', align: 'right' }],
    [
      ['orders', '5,000'],
      ['a', '1'],
    ],
  );
  expect(table.split('\n')).toEqual(['stream   rows', '──────  ─────', 'orders  5,000', 'a           1']);
});

const WIDE_ROWS = [['public.orders_of_all_customers_since_ever', '5,000', 'the reason is a long one']];
const WIDE_COLUMNS = [{ title: 'stream' }, { title: 'rows', align: 'right' }, { title: 'why' }] as const;

test('a table that is too wide is cut in its texts, never in its numbers', () => {
  const lines = formatTable(WIDE_COLUMNS, WIDE_ROWS, { width: 40 }).split('\n');
  expect(lines.at(-1)).toBe('public.orders_…  5,000  the reason is a…');
  expect(formatTable(WIDE_COLUMNS, WIDE_ROWS)).toContain(
    'public.orders_of_all_customers_since_ever  5,000  the reason is a long one',
  );
});

test('what other systems call things cannot move the cursor of a terminal', () => {
  expect(formatTable([{ title: 'name' }], [['a\u001b[2J\nb']])).toBe('name\n───────\na [2J b');
});

test.each([
  [['sync', 'shop', '--json'], 'json'],
  [['runs', 'list', '--output', 'ndjson'], 'ndjson'],
  [['runs', 'list', '--output=json'], 'json'],
  [['runs', 'list', '--output', 'yaml'], 'text'],
  [['runs', 'list'], 'text'],
] as const)('%j asks for %s', (args, format) => expect(formatOf(args)).toBe(format));

test('an error in the envelope has code, place and fields, and no secret', () => {
  const fields = [{ path: 'config.url', code: 'required', message: 'needed' }];
  const error = new MillraceError('connector.invalid_config', {
    detail: 'postgres://u:hunter2@h is wrong',
    path: '--set',
    fields,
  });
  expect(failureOf(error)).toEqual({
    code: 'connector.invalid_config',
    message: 'postgres://***@h is wrong',
    suggestion: 'Correct the fields named in errors.',
    path: '--set',
    errors: fields,
  });
});

test.each([
  [850, '850 ms'],
  [12_345, '12.3 s'],
  [245_000, '4 m 05 s'],
  [7_620_000, '2 h 07 m'],
])('%i ms are %s', (ms, text) => {
  const start = '2026-01-01T00:00:00.000Z';
  expect(duration(start, new Date(Date.parse(start) + ms).toISOString())).toBe(text);
});

test('positions are shown by what they are', () => {
  expect(position({ kind: 'cursor', cursor: { type: 'int', field: 'id', value: '7' } })).toBe('id 7');
  expect(position({ kind: 'scan', scan: { by: ['id'], after: ['42'] } })).toBe('scanning after 42');
  expect(position({ kind: 'start' })).toBe('start');
  expect(position(null)).toBe('–');
});
