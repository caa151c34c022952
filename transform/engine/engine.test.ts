import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StagedColumn } from '../../connectors/sdk/destination.js';
import { type Engine, openTrustedEngine } from '../../platform/duckdb/engine.js';
import { nastyColumns, nastyRows } from './fixtures/nasty.js';
import { type TransformRequest, closeTransformPool, describeTransform, runTransform } from './index.js';

let engine: Engine;
let home: string;
let folder: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-transform-'));
  engine = await openTrustedEngine({ tempDirectory: home });
});
beforeEach(async () => {
  folder = await mkdtemp(join(home, 'case-'));
});
afterEach(async () => {
  // what a transform put into its temp folder is gone, however it ended
  const left = (await readdir(folder)).filter((name) => name.startsWith('transform-'));
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
});
afterAll(async () => {
  await closeTransformPool();
  await engine.close();
  await rm(home, { recursive: true, force: true });
});

const output = (): string => join(folder, 'out.parquet');

async function parquet(name: string, select: string): Promise<string> {
  const path = join(folder, name);
  await engine.run(`copy (${select}) to '${path}' (format parquet, compression zstd)`);
  return path;
}

const column = (name: string, stage: string, type: StagedColumn['type'] = 'string'): StagedColumn => ({
  name,
  column: name,
  stage,
  type,
  nullable: true,
});

function transform(
  sql: string,
  inputs: readonly string[],
  columns: readonly StagedColumn[],
  more: Partial<TransformRequest> = {},
) {
  return runTransform({
    sql,
    inputs,
    columns,
    outputPath: output(),
    tempDir: folder,
    signal: new AbortController().signal,
    ...more,
  });
}

const OWN_COLUMNS = `columns(name -> name <> '_millrace_row')`;
/** Every value as DuckDB's own text, in file order: NaN, -0 and infinity are themselves there. */
const contents = (path: string) => engine.rows(`select ${OWN_COLUMNS}::varchar from '${path}'`);
const typesOf = (path: string) =>
  engine.rows(`select column_name, column_type from (describe select ${OWN_COLUMNS} from '${path}')`);

test('select * keeps every value, type, name and meaning exactly', async () => {
  const input = await parquet('in.parquet', nastyRows);
  const result = await transform('select * from input', [input], nastyColumns);
  expect(result).toMatchObject({ rowsIn: 6, rowsOut: 6, inputRowsKept: 6 });
  expect(result.columns).toEqual(nastyColumns);
  expect(await contents(output())).toEqual(await contents(input));
  expect(await typesOf(output())).toEqual(await typesOf(input));
});

test('rows keep their order of arrival, over files and threads', async () => {
  const files = await Promise.all(
    [0, 1, 2].map((n) => parquet(`${n}.parquet`, `select ${n} * 150000 + i as i from range(150000) r(i)`)),
  );
  const result = await transform('select i, i % 7 as seven from input where i % 3 <> 0', files, [column('i', 'BIGINT', 'int64')]);
  expect(result).toMatchObject({ rowsIn: 450_000, rowsOut: 300_000, inputRowsKept: 300_000 });
  const [check] = await engine.rows(
    `select count(*) filter (where i <= before)::int as wrong from (select i, lag(i) over (order by file_row_number) as before from read_parquet('${output()}', file_row_number = true))`,
  );
  expect(check).toEqual({ wrong: 0 });
});

test('a large input keeps its order', async () => {
  const input = await parquet(
    'large.parquet',
    `select i, sha256('a' || i) || sha256('b' || i) || sha256('c' || i) || sha256('d' || i) || sha256('e' || i) || sha256('f' || i) as h from range(260000) r(i)`,
  );
  const result = await transform('select * from input', [input], [column('i', 'BIGINT', 'int64'), column('h', 'VARCHAR')]);
  expect(result.bytes).toBeGreaterThan(48_000_000);
  expect(result.inputRowsKept).toBe(260_000);
  const digest = (path: string) =>
    engine.rows(
      `select md5(string_agg(md5(h || i), '' order by file_row_number)) as d from read_parquet('${path}', file_row_number = true) where i % 97 = 0`,
    );
  expect(await digest(output())).toEqual(await digest(input));
}, 60_000);

test('I7: rows of row-wise SQL are followed through every level, and the text of errors is the one that was written', async () => {
  const input = await parquet('in.parquet', `select i as id, 'n' || i as name from range(1000) r(i)`);
  const columns = [column('id', 'BIGINT', 'int64'), column('name', 'VARCHAR')];
  const sql = `with a as (select *, {'id': id} as s from input where id % 2 = 0), b as (from a where id < 500)
    select t.* exclude (name), lower(name) from (select columns(*) from b) t order by id desc`;
  const followed = await transform(sql, [input], columns);
  expect(followed).toMatchObject({ rowsIn: 1000, rowsOut: 250, inputRowsKept: 250 });
  expect(followed.columns.map(({ name }) => name)).toEqual(['id', 's', 'lower("name")']);
  const [numbers] = await engine.rows(`select count(*) filter (where id <> _millrace_row)::int as wrong from '${output()}'`);
  expect(numbers).toEqual({ wrong: 0 });
  const failing = transform(`select\n  case when id = 999 then error('no') end from input`, [input], columns);
  await expect(failing).rejects.toMatchObject({ code: 'transform.failed' });
  await expect(transform('select\n  nope from input', [input], columns)).rejects.toMatchObject({ facts: { line: 2, column: 3 } });
});

test('the same input and SQL give the same rows', async () => {
  const input = await parquet('in.parquet', `select i, i % 13 as k from range(100000) r(i)`);
  const sql = `select k, count(*) as n, sum(i) as s, now()::date - current_date as zero from input group by k order by k`;
  const columns = [column('i', 'BIGINT', 'int64'), column('k', 'BIGINT', 'int64')];
  await transform(sql, [input], columns);
  const first = await contents(output());
  await transform(sql, [input], columns, { outputPath: join(folder, 'again.parquet') });
  expect(await contents(join(folder, 'again.parquet'))).toEqual(first);
});

test('no files and no rows give an empty result with its columns', async () => {
  const result = await transform('select *, id + 1 as next from input', [], nastyColumns);
  expect(result).toMatchObject({ rowsIn: 0, rowsOut: 0 });
  expect(result.columns.slice(0, -1)).toEqual(nastyColumns);
  expect(await contents(output())).toEqual([]);
  const empty = await parquet('empty.parquet', `select * from (${nastyRows}) limit 0`);
  expect(await transform('select count(*) as n from input', [empty], nastyColumns)).toMatchObject({
    rowsIn: 0,
    rowsOut: 1,
    inputRowsKept: undefined,
  });
});

test('a column that one file holds as text is text for the SQL, and keeps its meaning', async () => {
  const typed = await parquet('typed.parquet', `select timestamptz '2024-01-01 00:00:00+00' as at`);
  const text = await parquet('text.parquet', `select '0044-03-15 10:00:00+00 BC' as at`);
  const at: StagedColumn = {
    ...column('at', 'TIMESTAMP WITH TIME ZONE', 'timestamptz'),
    native: { system: 'postgres', type: 'timestamp with time zone' },
  };
  const result = await transform('select * from input', [typed, text], [at]);
  expect(result.columns).toEqual([{ ...at, stage: 'VARCHAR' }]);
  expect(await contents(output())).toEqual([{ at: '2024-01-01 00:00:00+00' }, { at: '0044-03-15 10:00:00+00 BC' }]);
});

test('what the SQL makes is mapped from its DuckDB type, and describe says the same without data', async () => {
  const sql = `select 1::tinyint as i1, 1::hugeint as huge, 1::uhugeint as uhuge, 1.5::decimal(20,3) as dec, sum(1) over () as total, {'a': 1} as s, map {'k': [1]} as m,
    [1, 2] as l, [[1]] as ll, [{'a': 1}] as sl, [now()] as tl, array_value(1, 2) as fixed, 'x'::enum('x', 'y') as e, interval '1 month 2 days 3 seconds' as iv,
    '10:00:00+02'::timetz as tz, '101'::bit as b, '2020-01-01 00:00:00.123456789'::timestamp_ns as ns, '2020-01-01'::timestamp_s as ss, union_value(k := 1) as u, null as nothing, 'x'::blob as bl
    from input`;
  const result = await transform(sql, [await parquet('in.parquet', 'select 1::bigint as id')], [column('id', 'BIGINT', 'int64')]);
  const types = Object.fromEntries(
    result.columns.map(({ name, type, stage, native }) => [name, [type, stage, ...(native ? [native.type] : [])].join(' ')]),
  );
  expect(types).toEqual({
    i1: 'int16 SMALLINT',
    huge: 'decimal(38,0) DECIMAL(38,0)',
    uhuge: 'numeric VARCHAR',
    dec: 'decimal(20,3) DECIMAL(20,3)',
    total: 'decimal(38,0) DECIMAL(38,0)',
    s: 'json JSON',
    m: 'json JSON',
    l: 'int32[] INTEGER[]',
    ll: 'json JSON',
    sl: 'json JSON',
    tl: 'json JSON',
    fixed: 'int32[] INTEGER[]',
    e: 'string VARCHAR',
    iv: 'opaque VARCHAR interval',
    tz: 'opaque VARCHAR time with time zone',
    b: 'opaque VARCHAR bit varying',
    ns: 'string VARCHAR',
    ss: 'timestamp TIMESTAMP',
    u: 'json JSON',
    nothing: 'int32 INTEGER',
    bl: 'bytes BLOB',
  });
  expect((await typesOf(output())).map((row) => row['column_type'])).toEqual(result.columns.map((made) => made.stage));
  expect(await engine.rows(`select s::varchar as s, m::varchar as m, iv, tz, b, ns, fixed, e from '${output()}'`)).toEqual([
    {
      s: '{"a":1}',
      m: '{"k":[1]}',
      iv: '1 month 2 days 00:00:03',
      tz: '10:00:00+02',
      b: '101',
      ns: '2020-01-01 00:00:00.123456789',
      fixed: [1, 2],
      e: 'x',
    },
  ]);
  expect(await describeTransform(sql, [column('id', 'BIGINT', 'int64')])).toEqual(result.columns);
});

test('a renamed column is still itself; a computed one keeps its meaning but no promise', async () => {
  const columns = await describeTransform(
    `select ip as address, lower(ip) as ip, upper("Select") as "Select", name_2, lower("Name") as other from input`,
    nastyColumns,
  );
  expect(columns.map(({ name, type, native }) => [name, type, native?.type])).toEqual([
    ['address', 'opaque', 'inet'],
    ['ip', 'opaque', 'inet'],
    ['Select', 'string', undefined],
    ['name', 'string', 'public.mood'],
    ['other', 'string', undefined],
  ]);
});

test.each([
  [`select nothing from input`, 'transform.failed', /nothing.*line 1, column 8/s, { line: 1, column: 8 }],
  [`select 'ä',\n  (id || 'x')::int from input`, 'transform.failed', /1x.*line 2, column 14/s, { line: 2, column: 14 }],
  [`select error('no such thing') from input`, 'transform.failed', /no such thing/, undefined],
  [`select id from`, 'transform.refused_sql', /syntax error/, undefined],
  [`select * from '/etc/passwd'`, 'transform.refused_sql', /no table \/etc\/passwd/, undefined],
])('%s fails as %s', async (sql, code, message, facts) => {
  const input = await parquet('in.parquet', 'select 1::bigint as id');
  const error: unknown = await transform(sql, [input], [column('id', 'BIGINT', 'int64')]).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, recovery: 'fix_config', ...(facts ? { facts } : {}) });
  expect((error as Error).message).toMatch(message);
  expect(await readdir(folder)).toEqual(['in.parquet']);
});
