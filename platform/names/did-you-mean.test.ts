import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from './did-you-mean.js';

test.each([
  ['orders', 'orders', 0],
  ['', 'abc', 3],
  ['shpo', 'shop', 1],
  ['kitten', 'sitting', 3],
])('from %s to %s takes %i changes', (a, b, changes) => {
  expect(editDistance(a, b)).toBe(changes);
  expect(editDistance(b, a)).toBe(changes);
});

describe('what is meant', () => {
  const known = ['shop', 'billing', 'public.orders', 'Warehouse'];

  test.each([
    ['shpo', 'shop'],
    ['SHOP', 'shop'],
    ['biling', 'billing'],
    ['orders', 'public.orders'],
    ['warehose', 'Warehouse'],
  ])('%s is %s', (typed, meant) => expect(nearest(typed, known)).toBe(meant));

  test('nothing is said where nothing is near', () => {
    expect(didYouMean('crm', known)).toBeUndefined();
    expect(didYouMean('x', [])).toBeUndefined();
  });
});
