import { expect, test } from 'vitest';
import { parseGlob } from './glob.js';

test.each([
  [
    'airports*.csv.gz',
    ['airports.csv.gz', 'airports-1.csv.gz'],
    ['a/airports.csv.gz', 'airports.csv', '.airports.csv.gz', 'xairports.csv.gz'],
  ],
  ['*.csv', ['a.csv', 'ü 1.csv'], ['.a.csv', 'a.csv.tmp', 'b/a.csv', 'aXcsv']],
  ['**/*.csv', ['a.csv', 'b/a.csv', 'b/c/a.csv'], ['.git/a.csv', 'b/.a.csv', 'a.txt']],
  ['orders/**', ['orders/a', 'orders/b/c'], ['orders', 'other/a', 'orders/.tmp']],
  ['20[0-2]?-{01,1*}/x[!a].csv', ['2019-01/xb.csv', '2021-12/xz.csv'], ['2031-01/xb.csv', '2019-02/xb.csv', '2019-01/xa.csv']],
  ['a+(b).csv', ['a+(b).csv'], ['aab.csv', 'ab.csv']],
  ['.hidden/*.csv', ['.hidden/a.csv'], ['hidden/a.csv']],
  ['[.csv', ['[.csv'], ['.csv']],
])('%s', (pattern, yes, no) => {
  const glob = parseGlob(pattern);
  expect(yes.filter((path) => !glob.matches(path))).toEqual([]);
  expect(no.filter((path) => glob.matches(path))).toEqual([]);
  for (const path of yes) {
    const folders = path
      .split('/')
      .slice(0, -1)
      .map((_, index, names) => names.slice(0, index + 1).join('/'));
    expect(folders.filter((folder) => !glob.mayContain(folder))).toEqual([]);
  }
});

test('folders that cannot hold a match are not walked', () => {
  expect(parseGlob('a/*.csv').mayContain('b')).toBe(false);
  expect(parseGlob('a/*.csv').mayContain('a/b')).toBe(false);
  expect(parseGlob('a/**/c/*.csv').mayContain('a/b/b')).toBe(true);
  expect(parseGlob('*.csv').mayContain('a')).toBe(false);
});
