import { expect, test } from 'vitest';
import { MillraceError } from '../../platform/errors/error.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { describeError } from './report.js';
import { formatTable } from './table.js';

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
