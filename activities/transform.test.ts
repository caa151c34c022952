import { expect, test } from 'vitest';
import { countFiltered } from './transform.js';

const mismatch = expect.objectContaining({ code: 'load.count_mismatch', stream: 'orders' });

test('I7: rows that are not among the rows out were filtered', () => {
  expect(countFiltered({ rowsIn: 10, rowsOut: 7, inputRowsKept: 7 }, 10, 'orders')).toBe(3);
  expect(countFiltered({ rowsIn: 10, rowsOut: 40, inputRowsKept: undefined }, 10, 'orders')).toBe(0);
});

test('I7: a row that came out twice, and a row that did not go in, end the slice', () => {
  expect(() => countFiltered({ rowsIn: 10, rowsOut: 8, inputRowsKept: 7 }, 10, 'orders')).toThrow(mismatch);
  expect(() => countFiltered({ rowsIn: 9, rowsOut: 9, inputRowsKept: 9 }, 10, 'orders')).toThrow(mismatch);
});
