import { expect, test } from 'vitest';
import { compareDecimals } from './decimal.js';

test.each([
  ['1.10', '1.1', 0],
  ['9007199254740993', '9007199254740992', 1],
  ['-1.000000000000000000000000000001', '-1', -1],
  ['0.1', '0.09', 1],
  ['-10', '-9', -1],
  ['NaN', 'Infinity', 1],
  ['Infinity', '99999999999999999999999999', 1],
  ['-Infinity', '-99999999999999999999999999', -1],
  ['NaN', 'NaN', 0],
])('%s against %s: %d', (a, b, order) => {
  expect(Math.sign(compareDecimals(a, b))).toBe(order);
  expect(Math.sign(compareDecimals(b, a))).toBe(order === 0 ? 0 : -order);
});
