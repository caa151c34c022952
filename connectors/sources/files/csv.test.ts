import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workbench, values } from './fixtures/workbench.js';

let bench: Workbench;

beforeEach(async () => {
  bench = await Workbench.open();
});
afterEach(() => bench[Symbol.asyncDispose]());

const csv = { name: 's', path: '*.csv', format: 'csv' };

test('a plain file, typed by what all its values are', async () => {
  await bench.put(
    'a.csv',
    'id,name,price,day,at,ok,zip,big\n1,x,1.5,2024-02-29,2024-01-01T10:00:00.5,true,01234,12345678901234567890.5\n-2,,2,1999-12-31,2024-01-01 10:00,FALSE,99999,1\n',
  );
  expect(await bench.discover(csv)).toEqual({
    id: 'int64',
    name: 'string',
    price: 'float64',
    day: 'date',
    at: 'timestamp',
    ok: 'boolean',
    zip: 'string',
    big: 'numeric',
  });
  const result = await bench.read(csv);
  expect(values(result)).toEqual([
    ['1', 'x', '1.5', '2024-02-29', '2024-01-01 10:00:00.5', 'true', '01234', '12345678901234567890.5'],
    ['-2', null, '2.0', '1999-12-31', '2024-01-01 10:00:00', 'false', '99999', '1'],
  ]);
  expect(result).toMatchObject({ counted: [2], done: true, positions: [{ kind: 'end' }] });
});

test.each([
  ['whole numbers', ['1', '0', '-9223372036854775808'], 'int64'],
  ['leading zeros', ['1', '007'], 'string'],
  ['a plus sign', ['+1', '2'], 'string'],
  ['blanks around', [' 1', '2'], 'string'],
  ['too large for 64 bits', ['1', '9223372036854775808'], 'numeric'],
  ['more digits than a double has', ['0.1', '0.12345678901234567890'], 'numeric'],
  ['seventeen digits that a double has', ['0.30000000000000004', '1e-7'], 'float64'],
  ['exponents', ['1e5', '2.5E-3'], 'float64'],
  ['a number beyond doubles', ['1e400', '1'], 'string'],
  ['numbers and text', ['1', 'n/a'], 'string'],
  ['dates', ['2024-02-29', '0001-01-01'], 'date'],
  ['no such day', ['2024-02-29', '2023-02-29'], 'string'],
  ['other orders of day and month', ['01/02/2024'], 'string'],
  ['moments', ['2024-01-01T00:00:00', '2024-01-01 10:00:00.123456'], 'timestamp'],
  ['nanoseconds', ['2024-01-01T00:00:00.123456789'], 'string'],
  ['moments with offsets', ['2024-01-01T00:00:00Z', '2024-01-01 10:00:00+02:00'], 'timestamptz'],
  ['moments with and without', ['2024-01-01T00:00:00Z', '2024-01-01 10:00:00'], 'string'],
  ['times', ['10:00:00', '23:59:59.5'], 'time'],
  ['uuids', ['b6d0b4a0-1111-2222-3333-444455556666'], 'uuid'],
  ['uuids in capitals', ['B6D0B4A0-1111-2222-3333-444455556666'], 'string'],
  ['yes and no', ['yes', 'no'], 'string'],
  ['true and false', ['true', 'False'], 'boolean'],
  ['nothing', ['', ''], 'string'],
])('%s: %j is %s', async (_what, texts, type) => {
  await bench.put('a.csv', `v,w\n${texts.map((text) => `${text},x\n`).join('')}`);
  expect((await bench.discover(csv))['v']).toBe(type);
});

test('types can be set', async () => {
  await bench.put('a.csv', 'zip,n\n10001,1\n');
  const stream = { ...csv, types: { zip: 'string', n: 'numeric' } };
  expect(await bench.discover(stream)).toEqual({ zip: 'string', n: 'numeric' });
  expect(values(await bench.read(stream))).toEqual([['10001', '1']]);
});

test('BOM, CR LF, quoted delimiters, quotes and line breaks, empty text beside NULL', async () => {
  await bench.put('a.csv', '\uFEFFid,"na,me",note\r\n1,"a\nb",\r\n2,"","q""q"\r\n3, x ,"l\r\nm"\r\n');
  expect(Object.keys(await bench.discover(csv))).toEqual(['id', 'na,me', 'note']);
  expect(values(await bench.read(csv))).toEqual([
    ['1', 'a\nb', null],
    ['2', '', 'q"q'],
    ['3', ' x ', 'l\r\nm'],
  ]);
});

test('gzip and zstd, by the end of the name', async () => {
  await bench.put('a.csv.gz', gzipSync('id,name\n1,ä\n'));
  await bench.engine.run(
    `copy (select 2 as id, 'ö' as name) to '${bench.path('b.csv.zst')}' (format csv, header, compression zstd)`,
  );
  await bench.put('c.csv.gz', Buffer.concat([gzipSync('id,name\n3,a\n'), gzipSync('4,b\n')]));
  expect(values(await bench.read({ ...csv, path: '*.csv.*' }))).toEqual([
    ['1', 'ä'],
    ['2', 'ö'],
    ['3', 'a'],
    ['4', 'b'],
  ]);
});

test('columns are matched by name: another order, missing ones, ones that only one file has', async () => {
  await bench.put('a.csv', 'id,name\n1,x\n');
  await bench.put('b.csv', 'name,id\ny,2\n');
  await bench.put('c.csv', 'id,extra\n3,z\n');
  await bench.put('d.csv', 'ID,id\n8,4\n');
  expect(await bench.discover(csv)).toEqual({ id: 'int64', name: 'string', extra: 'string', ID: 'int64' });
  expect(values(await bench.read(csv))).toEqual([
    ['1', 'x', null, null],
    ['2', 'y', null, null],
    ['3', null, 'z', null],
    ['4', null, null, '8'],
  ]);
});

test('empty files, files with only a header, leading blank lines', async () => {
  await bench.put('a.csv', '');
  await bench.put('b.csv', 'id,name\n');
  await bench.put('c.csv', '\n\nid,name\n1,x\n\n');
  await bench.put('d.csv', 'id,name');
  expect(await bench.discover(csv)).toEqual({ id: 'int64', name: 'string' });
  const result = await bench.read(csv);
  expect(values(result)).toEqual([['1', 'x']]);
  expect(result.positions).toEqual([{ kind: 'end' }]);
});

test('one column: an empty line is a NULL', async () => {
  await bench.put('a.csv', 'v\n1\n\n""\n2\n');
  expect(values(await bench.read({ ...csv, types: { v: 'string' } }))).toEqual([['1'], [null], [''], ['2']]);
});

test('names: twice, empty, only different in case', async () => {
  await bench.put('a.csv', 'a,a,,A\n1,2,3,4\n');
  const fields = await bench.discover(csv);
  expect(Object.keys(fields)).toHaveLength(4);
  expect(values(await bench.read(csv))).toEqual([['1', '2', '3', '4']]);
});

test('dialects: delimiter, quote, escape, NULL, no header, encodings', async () => {
  await bench.put('semi.csv', "id;name\n1;'a\\'b;c'\n2;\\N\n");
  const semi = { ...csv, path: 'semi.csv', csv: { delimiter: ';', quote: "'", escape: '\\', nullValue: '\\N' } };
  expect(values(await bench.read(semi))).toEqual([
    ['1', "a'b;c"],
    ['2', null],
  ]);
  await bench.put('bare.csv', '1,x\n2,y\n');
  expect(await bench.discover({ ...csv, path: 'bare.csv', csv: { header: false } })).toEqual({
    column1: 'int64',
    column2: 'string',
  });
  expect(values(await bench.read({ ...csv, path: 'bare.csv', csv: { header: false } }))).toEqual([
    ['1', 'x'],
    ['2', 'y'],
  ]);
  await bench.put('quoted.csv', '"id","n"\n"1",""\n');
  expect(values(await bench.read({ ...csv, path: 'quoted.csv', csv: { quotedNulls: true } }))).toEqual([['1', null]]);
  await bench.put('tabs.tsv', 'a\tb\n1\t5" pipe\n');
  expect(values(await bench.read({ name: 's', path: 'tabs.tsv', format: 'tsv', csv: { quote: '' } }))).toEqual([
    ['1', '5" pipe'],
  ]);
  await bench.put('latin.csv', Buffer.from('id,name\n1,ä\n', 'latin1'));
  expect(values(await bench.read({ ...csv, path: 'latin.csv', csv: { encoding: 'latin-1' } }))).toEqual([['1', 'ä']]);
  await bench.put('wide.csv', Buffer.from('\uFEFFid,name\n1,ä\n', 'utf16le'));
  expect(values(await bench.read({ ...csv, path: 'wide.csv', csv: { encoding: 'utf-16' } }))).toEqual([['1', 'ä']]);
});

/** Fields as they were discovered from `good`, then read from a file that is not like that. */
async function readBad(good: string, bad: string | Uint8Array, stream: Record<string, unknown> = csv): Promise<unknown> {
  await bench.put('good.csv', good);
  const { fields } = await bench.request(bench.context([stream]));
  await bench.put('sub/bad.csv', bad);
  return bench.read({ ...stream, path: '**/*.csv' }, { fields }).catch((error: unknown) => error);
}

test.each([
  ['id,n\n1,1\n', 'id,n\n1,1\n2,"a\nb"\n3,x\n', "sub/bad.csv, line 3, column n: 'a\nb' is not int64."],
  ['id,n\n1,1\n', 'n,id\n"\n",1\n', "sub/bad.csv, line 2, column n: '\n' is not int64."],
  ['id,n\n1,1\n', 'id,n\r\n1,1\r\n2,12.5\r\n', "sub/bad.csv, line 3, column n: '12.5' is not int64."],
  ['id,n\n1,1\n', 'id,n\n1,007\n', "sub/bad.csv, line 2, column n: '007' is not int64."],
  ['id,n\n1,1\n', 'id,n\n1,""\n', "sub/bad.csv, line 2, column n: '' is not int64."],
  ['id,d\n1,2024-01-01\n', 'id,d\n1,2024-13-01\n', "sub/bad.csv, line 2, column d: '2024-13-01' is not date."],
  [
    'id,n\n1,1\n',
    'id,n\n1,1\n2\n',
    'sub/bad.csv: CSV Error on Line: 3; Original Line: 2; Expected Number of Columns: 2 Found: 1.',
  ],
  [
    'id,n\n1,1\n',
    'id,n\n1,1,9\n',
    'sub/bad.csv: CSV Error on Line: 2; Original Line: 1,1,9; Expected Number of Columns: 2 Found: 3.',
  ],
  ['id,n\n1,1\n', 'id,n\n1,"2\n', 'sub/bad.csv, line 2: a quote is opened and never closed.'],
  ['id,n\n1,1\n', 'id,n\n1,2\r\n3,4\n', 'sub/bad.csv: its lines end in different ways (LF, CR LF, CR).'],
])('bad data is named: %j then %j', async (good, bad, message) => {
  expect(await readBad(good, bad)).toMatchObject({ code: 'source.bad_data', recovery: 'fix_data', message });
});

test('bytes that are not the encoding are named', async () => {
  const error = await readBad('id,n\n1,x\n', Buffer.from('id,n\n1,ä\n', 'latin1'));
  expect(error).toMatchObject({ code: 'source.bad_data' });
  expect((error as Error).message).toMatch(/^sub\/bad\.csv: CSV Error on Line: 2.*not utf-8 encoded/s);
});

test('DuckDB losing records without an error is found out by counting', async () => {
  const error = await readBad('id,n\n1,x\n', 'id,"n\n"\r\n1,x\r\n2,y\r\n');
  expect(error).toMatchObject({ code: 'source.bad_data' });
});

test('a broken archive is bad data', async () => {
  const broken = gzipSync('id,name\n1,x\n').subarray(0, 20);
  await bench.put('a.csv.gz', broken);
  await expect(bench.read({ ...csv, path: '*.gz' })).rejects.toMatchObject({ code: 'source.bad_data' });
});
