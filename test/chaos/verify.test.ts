import { describe, expect, test } from 'vitest';
import { type HashedRow, compareRows } from './verify.js';

/** `a` is a row of its own; `k:a` is content `a` under the key `k`. */
const rows = (...texts: string[]): HashedRow[] =>
  texts.map((text) => ({ key: text.split(':')[0]!, hash: text.split(':').at(-1)! }));

const SAME = { lost: 0, duplicated: 0, wrong: 0 };

describe('rows without a key', () => {
  test.each([
    ['the same in another order', rows('a', 'b', 'b'), rows('b', 'a', 'b'), SAME],
    ['a row is missing', rows('a', 'b'), rows('a'), { ...SAME, lost: 1 }],
    ['one of two equal rows is missing', rows('a', 'a'), rows('a'), { ...SAME, lost: 1 }],
    ['a row came twice', rows('a', 'b'), rows('a', 'b', 'b'), { ...SAME, duplicated: 1 }],
    ['a row that was never there', rows('a'), rows('a', 'z'), { ...SAME, wrong: 1 }],
    ['lost and doubled do not cancel each other out', rows('a', 'b'), rows('b', 'b'), { ...SAME, lost: 1, duplicated: 1 }],
  ])('%s', (_, source, destination, expected) => expect(compareRows(source, destination)).toMatchObject(expected));
});

describe('rows with a key', () => {
  test.each([
    ['the same', rows('k:1', 'l:2'), rows('l:2', 'k:1'), SAME],
    ['an older version', rows('k:2'), rows('k:1'), { ...SAME, wrong: 1 }],
    ['both versions', rows('k:2'), rows('k:2', 'k:1'), { ...SAME, wrong: 1 }],
    ['the same version twice', rows('k:2'), rows('k:2', 'k:2'), { ...SAME, duplicated: 1 }],
    ['a key is missing', rows('k:1', 'l:1'), rows('k:1'), { ...SAME, lost: 1 }],
    ['a key that was deleted', rows('k:1'), rows('k:1', 'l:1'), { ...SAME, wrong: 1 }],
  ])('%s', (_, source, destination, expected) => expect(compareRows(source, destination)).toMatchObject(expected));
});

test('some of the keys that differ are named', () => {
  const many = Array.from({ length: 50 }, (_, index) => `row ${index}`);
  expect(compareRows(rows(...many), []).examples).toEqual(many.slice(0, 5));
});
