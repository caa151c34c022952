import { expect, test } from 'vitest';
import { parseHead } from './head.js';
import { RecordScanner, type ScanOptions } from './record-scanner.js';

const COMMA = { delimiter: ',', quote: '"', escape: '"' };

function scan(text: string, options?: ScanOptions, dialect = COMMA, size = 1) {
  const scanner = new RecordScanner(dialect, options);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  return { ...scanner.end(), line: scanner.lineOfRecord };
}

test.each<[string, number, boolean, number | undefined]>([
  ['', 0, false, undefined],
  ['a', 1, false, undefined],
  ['a,b\n1,2\n', 2, false, undefined],
  ['a,b\r\n1,2\r\n', 2, false, undefined],
  ['a,b\r1,2\r', 2, false, undefined],
  ['a,b\n1,2\r\n', 2, true, undefined],
  ['a,b\n\n1,2\n\n', 2, false, undefined],
  ['a\n"1\r\n2"\n3\n', 3, false, undefined],
  ['a\n"1""\n""2"\n', 2, false, undefined],
  ['a,b\n1,x"y\n2,z\n', 3, false, undefined],
  ['a,b\n1,"x\n2,y\n', 2, false, 2],
])('records of %j', (text, records, mixedLineEnds, openQuoteLine) => {
  for (const size of [1, 3, 1_000]) {
    const expected = { records, mixedLineEnds, line: undefined, ...(openQuoteLine === undefined ? {} : { openQuoteLine }) };
    expect(scan(text, {}, COMMA, size)).toEqual(expected);
  }
});

test('blank lines are records where there is one column', () =>
  expect(scan('a\n\n1\n\n', { countBlankLines: true }).records).toBe(4));
test('a backslash may escape a quote', () => expect(scan('"a\\"\nb"\nc\n', {}, { ...COMMA, escape: '\\' }).records).toBe(2));
test('without a quote character every line is a record', () =>
  expect(scan('"a\nb\n', {}, { delimiter: '\t', quote: '', escape: '' }).records).toBe(2));
test('knows the line of a record behind quoted line breaks', () =>
  expect(scan('a\n"1\r\n2\n3"\nx\n', { wanted: 3 }).line).toBe(5));

test.each([
  ['a,b\n1', ['a', 'b'], 0, '\n'],
  ['\uFEFF"a","b c"\r\n1', ['a', 'b c'], 0, '\r\n'],
  ['\n\r\na,b\r1', ['a', 'b'], 2, '\r'],
  ['"a ""x""\ny",b\n', ['a "x"\ny', 'b'], 0, '\n'],
  ['a', ['a'], 0, 'none'],
  ['a,,\n', ['a', '', ''], 0, '\n'],
])('head of %j', (text, values, blankLines, lineEnd) =>
  expect(parseHead(text, COMMA, true)).toEqual({ values, blankLines, lineEnd }),
);

test('a head that is cut off waits for more', () => {
  expect(parseHead('a,b', COMMA, false)).toBeUndefined();
  expect(parseHead('a,b\r', COMMA, false)).toBeUndefined();
  expect(parseHead('a,"b\n', COMMA, false)).toBeUndefined();
  expect(parseHead('', COMMA, true)).toBeUndefined();
});
