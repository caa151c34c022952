import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workbench, values } from './fixtures/workbench.js';

let bench: Workbench;

beforeEach(async () => {
  bench = await Workbench.open();
});
afterEach(() => bench[Symbol.asyncDispose]());

const jsonl = { name: 's', path: '*.jsonl', format: 'jsonl' };

test('JSON Lines: typed, nested as JSON text, missing fields, null, names in other cases', async () => {
  await bench.put(
    'a.jsonl',
    '{"id":1,"name":"x","tags":["a",{"b":1}],"ok":true,"at":"2024-01-01T00:00:00Z","code":"007","mix":1}\n{"name":null,"id":2,"n":1.5,"A/b~c \\"d":"odd","ID":9}\n',
  );
  await bench.put('b.jsonl', '{"id":3,"mix":"text","tags":{"x":null},"n":2}\n\n');
  expect(await bench.discover(jsonl)).toEqual({
    id: 'int64',
    name: 'string',
    tags: 'json',
    ok: 'boolean',
    at: 'timestamptz',
    code: 'string',
    mix: 'json',
    n: 'float64',
    'A/b~c "d': 'string',
    ID: 'int64',
  });
  expect(values(await bench.read(jsonl))).toEqual([
    ['1', 'x', '["a",{"b":1}]', 'true', '2024-01-01 00:00:00+00', '007', '1', null, null, null],
    ['2', null, null, null, null, null, null, '1.5', 'odd', '9'],
    ['3', null, '{"x":null}', null, null, null, '"text"', '2.0', null, null],
  ]);
});

test('JSON: arrays, objects one after the other, compressed, empty', async () => {
  await bench.put('a.json', '[{"id":1},\n {"id":2}]');
  await bench.put('b.json', '{"id":3}\n{"id":\n4}');
  await bench.put('c.json.gz', gzipSync('[{"id":5}]'));
  await bench.put('d.json', '');
  await bench.put('e.json', '[]');
  expect(values(await bench.read({ name: 's', path: '*.json*', format: 'json' }))).toEqual([['1'], ['2'], ['3'], ['4'], ['5']]);
});

test('whole numbers of any size keep their digits', async () => {
  await bench.put('a.jsonl', '{"n":123456789012345678901234567890}\n{"n":1}\n');
  expect(await bench.discover(jsonl)).toEqual({ n: 'numeric' });
  expect(values(await bench.read(jsonl))).toEqual([['123456789012345678901234567890'], ['1']]);
});

test.each([
  ['{"id":1}\n{"id":"x"}\n', /^b\.jsonl, record 2, column id: 'x' is not int64\.$/],
  ['{"id":1}\n{"id":\n', /^b\.jsonl: Malformed JSON in file .*b\.jsonl/],
  ['{"id":1}\n[1]\n', /^b\.jsonl: something else than an object where a record should be\.$/],
])('bad JSON is named: %j', async (bad, message) => {
  await bench.put('a.jsonl', '{"id":1}\n');
  const { fields } = await bench.request(bench.context([jsonl]));
  await bench.put('b.jsonl', bad);
  const error: unknown = await bench.read({ ...jsonl, path: 'b.jsonl' }, { fields }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'source.bad_data' });
  expect((error as Error).message).toMatch(message);
});

const parquet = { name: 's', path: '*.parquet', format: 'parquet' };
const write = (name: string, select: string) => bench.engine.run(`copy (${select}) to '${bench.path(name)}' (format parquet)`);

test('Parquet: every type keeps its value, nested ones become JSON text', async () => {
  await write(
    'a.parquet',
    `select 1::tinyint as i1, 9223372036854775807 as i8, 1.10::decimal(38,18) as d, 0.1::float as f, 'x' as s, '\\x00\\xFF'::blob as b, date '0044-03-15' as day,
    timestamptz '2024-01-01 00:00:00.000001+00' as at, time '10:00' as t, uuid 'b6d0b4a0-1111-2222-3333-444455556666' as u, {'a': [1]} as st, [1, null] as l, map {'k': 1} as m, true as ok, null::int as nothing`,
  );
  expect(await bench.discover(parquet)).toEqual({
    i1: 'int16',
    i8: 'int64',
    d: 'decimal(38,18)',
    f: 'float32',
    s: 'string',
    b: 'bytes',
    day: 'date',
    at: 'timestamptz',
    t: 'time',
    u: 'uuid',
    st: 'json',
    l: 'int32[]',
    m: 'json',
    ok: 'boolean',
    nothing: 'int32',
  });
  expect(values(await bench.read(parquet))).toEqual([
    [
      '1',
      '9223372036854775807',
      '1.100000000000000000',
      '0.1',
      'x',
      '\\x00\\xFF',
      '0044-03-15',
      '2024-01-01 00:00:00.000001+00',
      '10:00:00',
      'b6d0b4a0-1111-2222-3333-444455556666',
      '{"a":[1]}',
      '[1, NULL]',
      '{"k":1}',
      'true',
      null,
    ],
  ]);
});

test('Parquet: other order, missing and wider columns', async () => {
  await write('a.parquet', `select 1::int as id, 'x' as name`);
  await write('b.parquet', `select 'y' as name, 9223372036854775807 as id`);
  await write('c.parquet', `select 3::smallint as id, 1.5 as extra`);
  expect(await bench.discover(parquet)).toEqual({ id: 'int64', name: 'string', extra: 'decimal(2,1)' });
  expect(values(await bench.read(parquet))).toEqual([
    ['1', 'x', null],
    ['9223372036854775807', 'y', null],
    ['3', null, '1.5'],
  ]);
});

test('Parquet: a column that would be rounded is refused, and so is what is no Parquet', async () => {
  await write('a.parquet', `select 1::bigint as id`);
  const { fields } = await bench.request(bench.context([parquet]));
  await write('b.parquet', `select 1.5::double as id`);
  await expect(bench.read(parquet, { fields })).rejects.toMatchObject({
    code: 'source.bad_data',
    message: 'b.parquet: column id is DOUBLE, which does not fit int64.',
  });
  await bench.put('b.parquet', 'id,name\n');
  await expect(bench.read(parquet, { fields })).rejects.toMatchObject({ code: 'source.bad_data' });
});
