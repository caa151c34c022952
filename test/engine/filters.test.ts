import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectConnection, type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { failureOf } from '../support/failure-of.js';
import { contentHash } from '../support/millrace.js';

/** Which rows, which columns and which key of a stream: chosen by the connection, applied by the source. */

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns({ sliceBytes: 100_000 });
});
afterAll(() => runs[Symbol.asyncDispose]());

function connect(table: string, more: object, name = `public.${table}`): DirectConnection {
  return runs.connect([{ name, mode: 'full_refresh_overwrite', ...more }]);
}

const sorted = async (sql: string): Promise<string> => {
  const rows = await runs.destination.query<{ id: string }>(sql);
  return rows.map(({ id }) => id).join(',');
};

describe('a filter', () => {
  let targets = 0;
  beforeAll(async () => {
    await runs.source.query(`create type mood as enum ('low', 'middle', 'high'); create domain small as int check (value < 1000);
      create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false); create extension if not exists citext;
      create table typed (id int primary key, t text, n numeric(5,2), m mood, u uuid, b boolean, c char(5), v varchar(3), d small,
        at timestamptz(0), i text collate nocase, "Odd ""name" citext, j jsonb, x json, day date, bytes bytea, ip inet, a int[])`);
    await runs.source.query(`insert into typed values
      (1, 'Z', 1.00, 'low', '00000000-0000-0000-0000-000000000001', true, 'ab', 'abc', 1, '2024-01-01 00:00:00+00', 'Bob', 'Anna', '{"k": 1}', '1', '2024-01-01', '\\x00', '10.0.0.1', '{1}'),
      (2, 'a', 1.01, 'high', 'ffffffff-0000-0000-0000-000000000001', false, 'b', 'ab', 2, '2024-01-02 00:00:00+00', 'bob', 'anna', '{"k": 2}', '2', '2024-01-02', '\\x01', '10.0.0.2', '{2}'),
      (3, '', 99.99, 'middle', 'aaaaaaaa-0000-0000-0000-000000000001', null, '', '', 3, null, null, null, null, null, null, null, null, null),
      (4, null, null, null, null, true, null, null, null, 'infinity', 'É', 'x''y', null, null, 'infinity', null, null, null)`);
  });

  test.each<[string, object[], string]>([
    ['text by bytes, whatever the collation', [{ field: 't', is: '<', value: 'a' }], '1,3'],
    ['an empty text is no NULL', [{ field: 't', is: '=', value: '' }], '3'],
    ['NULL meets no comparison', [{ field: 't', is: '!=', value: 'a' }], '1,3'],
    [
      'NULL meets no list',
      [
        { field: 'id', is: 'not in', value: [1] },
        { field: 't', is: 'not in', value: ['a'] },
      ],
      '3',
    ],
    ['a value finer than the column is not rounded', [{ field: 'n', is: '>', value: '1.005' }], '2,3'],
    ['a value wider than the column is not cut', [{ field: 'v', is: '=', value: 'abcd' }], ''],
    ['a time finer than the column', [{ field: 'at', is: '<', value: '2024-01-01 00:00:00.6+00' }], '1'],
    ['infinity', [{ field: 'at', is: '=', value: 'infinity' }], '4'],
    ['an enum by its own order', [{ field: 'm', is: '>=', value: 'middle' }], '2,3'],
    ['an enum in a list', [{ field: 'm', is: 'in', value: ['low', 'high'] }], '1,2'],
    ['a uuid', [{ field: 'u', is: '>', value: '00000000-0000-0000-0000-000000000001' }], '2,3'],
    ['a boolean', [{ field: 'b', is: '=', value: false }], '2'],
    ['padded text', [{ field: 'c', is: '=', value: 'ab' }], '1'],
    ['a domain', [{ field: 'd', is: '<=', value: 2 }], '1,2'],
    ['equality as the source has it: a collation that ignores case', [{ field: 'i', is: '=', value: 'BOB' }], '1,2'],
    ['citext by its letters, and a name to quote', [{ field: 'Odd "name', is: '=', value: 'Anna' }], '1'],
    ['a quote in a value', [{ field: 'Odd "name', is: '=', value: "x'y" }], '4'],
    ['jsonb', [{ field: 'j', is: '=', value: '{"k":2}' }], '2'],
    ['json is NULL', [{ field: 'x', is: 'null' }], '3,4'],
    ['bytes', [{ field: 'bytes', is: '=', value: '\\x01' }], '2'],
    ['an address', [{ field: 'ip', is: '<', value: '10.0.0.2' }], '1'],
    ['an array', [{ field: 'a', is: '=', value: '{2}' }], '2'],
    ['a number for text', [{ field: 't', is: '!=', value: 5 }], '1,2,3'],
  ])('%s', async (_, filter, ids) => {
    const target = { table: `typed_${++targets}` };
    const run = await connect('typed', { filter, columns: { include: ['id'] }, target }).run();
    expect(run.rows).toMatchObject({ extracted: ids === '' ? 0 : ids.split(',').length, repeated: 0 });
    expect(await sorted(`select id from ${target.table} order by id`)).toBe(ids);
  });

  test.each([
    ['no value of the type', { field: 'n', is: '<', value: 'many' }, 'source.bad_filter', /n is numeric\(5,2\).*many/],
    ['no label of the enum', { field: 'm', is: '=', value: 'odd' }, 'source.bad_filter', /odd/],
    ['no comparison', { field: 'x', is: '=', value: '1' }, 'source.bad_filter', /x is json/],
    ['too large', { field: 'id', is: '<', value: '99999999999' }, 'source.bad_filter', /out of range/],
    ['digits that were lost', { field: 'id', is: '<', value: 2 ** 60 }, 'source.bad_filter', /lost digits/],
    ['an unknown field', { field: 'nope', is: 'null' }, 'source.field_missing', /nope/],
  ])('%s is refused by name', async (_, condition, code, message) => {
    const fine = { field: 'id', is: '>', value: 0 };
    expect(await failureOf(connect('typed', { filter: [fine, condition] }).run())).toEqual({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('a filter holds in every way of reading', () => {
  const filter = [{ field: 'kind', is: '=', value: 'wanted' }];
  const rows = (from: number, to: number): string =>
    `select i, i, case when i % 3 = 0 then 'wanted' else 'other' end, repeat('x', 100) from generate_series(${from}, ${to}) i`;

  async function expectWanted(table: string, target = table): Promise<void> {
    const wanted = await contentHash(runs.source, `(select * from ${table} where kind = 'wanted') as w`, 'id, at, kind');
    expect(await contentHash(runs.destination, target, 'id, at, kind')).toEqual(wanted);
  }

  test.each([
    ['a scan by key', 'id int primary key', 'full_refresh_overwrite'],
    ['one snapshot of a table without key', 'id int', 'full_refresh_overwrite'],
    ['the first scan by key, then changes', 'id int primary key', 'incremental_append'],
    ['the first snapshot without key, then changes', 'id int', 'incremental_append'],
  ])('%s', async (name, key, mode) => {
    const table = `filtered_${name.replaceAll(/\W/g, '_')}`;
    await runs.source.query(
      `create table ${table} (${key}, at bigint, kind text, filler text); insert into ${table} ${rows(1, 5000)}; analyze ${table}`,
    );
    const cursor = mode === 'incremental_append' ? { cursorField: 'at' } : {};
    const connection = connect(table, { mode, filter, columns: { include: ['id', 'at', 'kind'] }, ...cursor });
    const first = await connection.run();
    expect(first.rows).toMatchObject({ loaded: 1666 });
    if (key.includes('primary')) expect(first.slices).toBeGreaterThan(1);
    await expectWanted(table);
    await runs.source.query(`insert into ${table} ${rows(5001, 11_000)}; analyze ${table}`);
    const second = await connection.run();
    if (mode === 'incremental_append') expect(second.rows.loaded).toBe(2000);
    await expectWanted(table);
  });

  test('the largest value that counts is that of rows that are wanted', async () => {
    await runs.source.query(
      `create table heads (id int primary key, at int, kind text); insert into heads values (1, 5, 'wanted'), (2, 100, 'other')`,
    );
    const connection = connect('heads', { mode: 'incremental_append', cursorField: 'at', filter, holdBack: 2 });
    await connection.run();
    await runs.source.query(`insert into heads values (3, 8, 'wanted'), (4, 6, 'wanted')`);
    expect((await connection.run()).rows.loaded).toBe(2);
    expect(await sorted('select id from heads order by id')).toBe('1,4');
  });

  test('a row that meets the filter no more stays where it was loaded', async () => {
    await runs.source.query(
      `create table leavers (id int primary key, at int, kind text); insert into leavers values (1, 1, 'wanted'), (2, 2, 'wanted')`,
    );
    const connection = connect('leavers', { mode: 'incremental_deduped', cursorField: 'at', filter });
    await connection.run();
    await runs.source.query(`update leavers set kind = 'other', at = 3 where id = 1`);
    expect((await connection.run()).rows.loaded).toBe(0);
    expect(await sorted('select id from leavers order by id')).toBe('1,2');
  });
});

describe('columns and key', () => {
  test.each([
    ['include', { include: ['note'] }, 'at,id,note'],
    ['exclude', { exclude: ['at', 'secret'] }, 'at,id,note'],
  ])('%s: key and cursor come in any case, others only when asked for', async (name, columns, expected) => {
    const table = `chosen_${name}`;
    await runs.source.query(
      `create table ${table} (id int primary key, at int, note text, secret text); insert into ${table} values (1, 1, 'n', 's')`,
    );
    const connection = connect(table, { mode: 'incremental_deduped', cursorField: 'at', columns });
    await connection.run();
    await runs.source.query(`insert into ${table} values (2, 2, 'n2', 's')`);
    await connection.run();
    const held = await runs.destination.query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_name = $1 and column_name not like '\\_%' order by 1`,
      [table],
    );
    expect(held.map((column) => column.name).join(',')).toBe(expected);
    expect(await contentHash(runs.destination, table, 'id, at, note')).toEqual(
      await contentHash(runs.source, table, 'id, at, note'),
    );
  });

  test('an unknown column is refused', async () => {
    await runs.source.query('create table unchosen (id int primary key)');
    expect((await failureOf(connect('unchosen', { columns: { include: ['nope'] } }).run())).code).toBe('source.field_missing');
  });

  test('a key of the connection that is not unique keeps the newest row of each, and reads by the key of the source', async () => {
    await runs.source.query(`create table visits (id int primary key, person int not null, at int, filler text);
      insert into visits select i, i % 50, i, repeat('x', 100) from generate_series(1, 5000) i; analyze visits`);
    const connection = connect('visits', { mode: 'incremental_deduped', cursorField: 'at', primaryKey: ['person'] });
    const first = await connection.run();
    expect(first.slices).toBeGreaterThan(2);
    await runs.source.query(`insert into visits select i, i % 50, i, 'late' from generate_series(5001, 5025) i`);
    await connection.run();
    const newest = `(select distinct on (person) * from visits order by person, at desc) as v`;
    expect(await contentHash(runs.destination, 'visits', 'id, person, at, filler')).toEqual(
      await contentHash(runs.source, newest, 'id, person, at, filler'),
    );
  });

  test('files: filter, columns and key', async () => {
    const root = join(runs.stageDir, '..', 'files');
    await mkdir(root);
    await writeFile(join(root, 'a.csv'), 'id,name,kind,extra\n1,a,wanted,x\n2,b,other,x\n2,c,wanted,x\n1,d,wanted,x\n');
    const config = { root: pathToFileURL(root).href, streams: [{ name: 'people', path: '*.csv', format: 'csv' }] };
    const stream = {
      ...{ name: 'people', mode: 'incremental_deduped', primaryKey: ['id'], columns: { include: ['name'] } },
      filter: [{ field: 'kind', is: '=', value: 'wanted' }],
    };
    const run = await runs.connect([stream], { connector: 'files', config }).run();
    expect(run.rows).toMatchObject({ extracted: 3, loaded: 2, superseded: 1 });
    expect(await runs.destination.query('select id, name from people order by id')).toEqual([
      { id: '1', name: 'd' },
      { id: '2', name: 'c' },
    ]);
  });
});
