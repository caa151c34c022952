import { describe, expect, test } from 'vitest';
import { diff } from './diff.js';
import { lineDiff } from './line-diff.js';

describe('what differs', () => {
  test('is told value by value, whatever the order of keys', () => {
    expect(diff({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 4 }, a: 1 })).toEqual([{ path: 'b.c', before: 2, after: 4 }]);
  });

  test('things with a name are compared by it, and their order tells nothing', () => {
    const [a, b] = [
      { name: 's.a', mode: 'x' },
      { name: 's.b', mode: 'x' },
    ];
    expect(diff({ streams: [a, b] }, { streams: [b, a] })).toEqual([]);
    expect(
      diff(
        { streams: [a, b] },
        {
          streams: [
            { ...b, mode: 'y' },
            { name: 's.c', mode: 'z' },
          ],
        },
      ),
    ).toEqual([
      { path: 'streams[s.a].mode', before: 'x' },
      { path: 'streams[s.b].mode', before: 'x', after: 'y' },
      { path: 'streams[s.c].mode', after: 'z' },
    ]);
  });

  test('other lists are one value, in their order', () => {
    expect(diff({ key: ['a', 'b'] }, { key: ['b', 'a'] })).toEqual([{ path: 'key', before: ['a', 'b'], after: ['b', 'a'] }]);
  });

  test('what is null is not there', () => {
    expect(diff({ a: null }, {})).toEqual([]);
    expect(diff({}, { a: 1, b: { c: null } })).toEqual([{ path: 'a', after: 1 }]);
  });

  test('a secret is one value, whatever it looks like from outside', () => {
    expect(diff({ url: { set: true } }, { url: { ref: 'env:URL' } })).toEqual([
      { path: 'url', before: { set: true }, after: { ref: 'env:URL' } },
    ]);
  });
});

describe('texts of several lines', () => {
  test('show the lines that changed, and one on each side', () => {
    const before = ['select id,', '  amount,', '  note', 'from input', 'where a', 'and b', 'and c'].join('\n');
    const after = before.replace('amount', 'amount * 100 as cents').replace('\nand c', '\nand c\nand d');
    expect(lineDiff(before, after)).toEqual([
      '  select id,',
      '-   amount,',
      '+   amount * 100 as cents,',
      '    note',
      '…',
      '  and c',
      '+ and d',
    ]);
  });

  test('of which nothing is the same show all', () => {
    expect(lineDiff('a\nb\n', 'c\n')).toEqual(['- a', '- b', '+ c']);
  });
});
