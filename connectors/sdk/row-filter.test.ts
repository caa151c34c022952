import { describe, expect, test } from 'vitest';
import type { Condition } from '../../schema/connection-config.js';
import type { LogicalType, StreamDescription } from '../../schema/types.js';
import { codeOf } from '../../test/support/code-of.js';
import { rowFilter } from './row-filter.js';

const meets = (type: LogicalType, value: unknown, condition: Omit<Condition, 'field'> & object): boolean => {
  const stream: StreamDescription = { name: 's', fields: [{ name: 'f', type, nullable: true }], cursorCandidates: [] };
  return rowFilter({ stream, filter: [{ field: 'f', ...condition } as Condition] })({ f: value });
};

describe('values are compared as the type of their field says', () => {
  test.each<[LogicalType, unknown, Condition['is'], string | number | boolean, boolean]>([
    ['int64', '9007199254740993', '>', '9007199254740992', true],
    ['int64', 10, '<', 9, false],
    ['int64', '007', '=', 7, true],
    ['decimal(12,2)', '1.50', '=', '1.5', true],
    ['numeric', '-0.30', '<', '-0.2999', true],
    ['float64', 0.5, '>=', '5e-1', true],
    ['string', '10', '<', '9', true],
    ['boolean', true, '=', true, true],
    ['timestamptz', '2026-01-01T01:00:00+01:00', '=', '2026-01-01 00:00:00+00', true],
    ['timestamptz', '2026-01-01T00:00:00.000001Z', '>', '2026-01-01T00:00:00Z', true],
    ['date', '2026-01-02', '>', '2026-01-01', true],
    ['uuid', 'a', '!=', 'a', false],
  ])('%s %j %s %j is %s', (type, value, is, other, answer) => {
    expect(meets(type, value, { is, value: other } as never)).toBe(answer);
  });
});

test('as in SQL, NULL meets no comparison', () => {
  for (const is of ['=', '!=', '<', '>=']) expect(meets('int64', null, { is, value: 1 } as never)).toBe(false);
  expect(meets('int64', undefined, { is: 'not in', value: [1] } as never)).toBe(false);
  expect(meets('int64', null, { is: 'null' } as never)).toBe(true);
  expect(meets('int64', null, { is: 'not null' } as never)).toBe(false);
});

test('lists', () => {
  expect(meets('int64', 2, { is: 'in', value: ['1', '2.0'] } as never)).toBe(true);
  expect(meets('int64', 2, { is: 'not in', value: [1, 3] } as never)).toBe(true);
});

test.each<[LogicalType, unknown, string]>([
  ['int64', 1, 'many'],
  ['timestamp', '2026-01-01', 'yesterday'],
  ['float64', 1, ''],
])('what cannot be compared is refused: %s %j with %j', (type, value, other) => {
  expect(codeOf(() => meets(type, value, { is: '=', value: other } as never))).toBe('source.bad_filter');
});

test('without a filter every row is wanted', () => {
  const stream: StreamDescription = { name: 's', fields: [], cursorCandidates: [] };
  expect(rowFilter({ stream })({ anything: 1 })).toBe(true);
});
