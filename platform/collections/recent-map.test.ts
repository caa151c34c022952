import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.js';

test('the entry that was set the longest time ago is forgotten first; looking at it changes nothing', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  expect(map.get('b')).toBe(2);
  map.set('c', 4);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([3, undefined, 4]);
});
