import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mariadb, hasMariadb, startMariadb } from '../support/mariadb.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { MYSQL_COLUMNS, createEverything, expectedTexts } from './support/mysql-types.js';

let mariadb: Mariadb;
let millrace: Millrace;

describe.skipIf(!hasMariadb)('values of MySQL', () => {
  beforeAll(async () => {
    mariadb = await startMariadb({ args: ['--default-time-zone=-05:00'] });
    millrace = await startMillrace();
    await mariadb.database('shop');
    await mariadb.query(`use shop; ${createEverything()}`);
  });
  afterAll(async () => {
    await millrace?.[Symbol.asyncDispose]();
    await mariadb?.[Symbol.asyncDispose]();
  });

  const source = (more: object = {}) => ({ connector: 'mysql', config: { url: mariadb.url('shop'), ...more } });

  async function load(stream: object, more?: object) {
    const id = await millrace.connect([stream], { source: source(more) });
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run.streams)).toBe('succeeded');
    return { id, run };
  }

  async function expectEverything(table: string): Promise<void> {
    for (const column of MYSQL_COLUMNS) {
      const rows = await millrace.destination.query<{ text: string | null; type: string }>(
        `select ${column.name}::text as text, pg_typeof(${column.name})::text as type from ${table} order by id`,
      );
      expect(
        rows.map(({ text }) => text),
        column.name,
      ).toEqual(expectedTexts(column));
    }
  }

  test.each([
    ['full_refresh_overwrite', {}],
    ['incremental_append', { cursorField: 'c_int', nullCursor: 'include' }],
    ['incremental_deduped', { cursorField: 'id' }],
    ['full_refresh_append', { sql: 'select * from input' }],
  ])('every value and type comes through %s', async (mode, extra) => {
    const table = `all_${mode}`;
    await load({ name: 'shop.everything', mode, ...extra, target: { table } });
    await expectEverything(table);
    const types = await millrace.destination.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = '${table}'::regclass and attname like 'c\\_%' order by attnum`,
    );
    expect(types).toEqual(MYSQL_COLUMNS.map(({ name, target }) => ({ name, type: target })));
  });

  test('what was loaded of every type is verified against the source', async () => {
    const { run } = await load({
      ...{ name: 'shop.everything', mode: 'full_refresh_overwrite', target: { table: 'verified' }, verify: 'hash' },
    });
    expect(run.streams[0]).toMatchObject({ status: 'succeeded', rows: { rejected: 0 } });
    expect(run.streams[0]).toHaveProperty('verification.matched', true);
  });

  test('floats of any bits come through', async () => {
    const bits = new DataView(randomBytes(16_000).buffer.slice(0));
    const doubles = Array.from({ length: 1000 }, (_, n) => bits.getFloat64(8 * n)).filter(Number.isFinite);
    const floats = doubles.map((_, n) => bits.getFloat32(4 * n)).map((value) => (Number.isFinite(value) ? value : 0.1));
    await mariadb.query(`create table shop.floats (id int primary key, d double, f float);
      insert into shop.floats values ${doubles.map((value, n) => `(${n}, ${value.toExponential()}, ${floats[n]?.toExponential()})`).join(', ')}`);
    await load({ name: 'shop.floats', mode: 'full_refresh_overwrite', target: { table: 'floats' } });
    const rows = await millrace.destination.query<{ d: number; f: number }>('select d, f from floats order by id');
    expect(rows.map(({ d }) => d)).toEqual(doubles.map((value) => value + 0)); // the server knows no negative zero
    expect(rows.map(({ f }) => Math.fround(f))).toEqual(floats.map((value) => Math.fround(value) + 0));
  });

  const DATES = [`'0000-00-00'`, `'2024-00-10'`, `'2024-02-00'`, `'0000-05-05'`, `'2024-02-29'`, 'null'];
  const UNKNOWN = [1, 2, 3, 4];

  test.each(['date', 'datetime(6)'])('no %s without month, day or year becomes another one: nulled and noted', async (type) => {
    const table = `zero_${type.slice(0, 8).replace('(', '')}`;
    await mariadb.query(`set sql_mode = ''; create table shop.${table} (id int primary key, d ${type});
      insert into shop.${table} values ${DATES.map((value, n) => `(${n + 1}, ${value})`).join(', ')}`);
    await load({ name: `shop.${table}`, mode: 'full_refresh_overwrite', target: { table } });
    const rows = await millrace.destination.query<{ id: number; d: string | null; fields: string[] | null }>(
      `select id, d::date::text as d, (select array_agg(c->>'field') from jsonb_array_elements(_millrace_changes) as c) as fields from ${table} order by id`,
    );
    expect(rows).toEqual([
      ...UNKNOWN.map((id) => ({ id, d: null, fields: ['d'] })),
      { id: 5, d: '2024-02-29', fields: null },
      { id: 6, d: null, fields: null },
    ]);
  });

  test('rows with unknown dates, with NUL in a text, and with 2 in a bool are rejected where the policy says so', async () => {
    await mariadb.query(`set sql_mode = ''; create table shop.misfits (id int primary key, d date, at timestamp null, t text, b bool);
      insert into shop.misfits values (1, '0000-00-00', null, 'a', 0), (2, null, '0000-00-00', 'a', 1), (3, null, null, 'a\0b', 1),
        (4, '2024-01-01', '2024-01-01 00:00:00', 'fine', 1), (5, null, null, '', 2)`);
    const { run } = await load({
      name: 'shop.misfits',
      mode: 'full_refresh_overwrite',
      rowPolicy: 'reject_row',
      target: { table: 'misfits' },
    });
    expect(run.streams[0]?.rows).toMatchObject({ extracted: 5, loaded: 1, rejected: 4 });
    expect(await millrace.destination.query('select id, d::text, t from misfits')).toEqual([
      { id: 4, d: '2024-01-01', t: 'fine' },
    ]);
  });

  test('dates that are none are NULL where the source says so, and nothing is noted', async () => {
    await mariadb.query(`set sql_mode = ''; create table shop.nulled (id int primary key, d date, at datetime(3), t timestamp(3) null);
      insert into shop.nulled values (1, '0000-00-00', '2024-00-01', '0000-00-00'), (2, '2024-02-29', '2024-02-29 01:02:03.004', '2024-02-29 04:02:03.004'), (3, null, null, null)`);
    await load({ name: 'shop.nulled', mode: 'full_refresh_overwrite', target: { table: 'nulled' } }, { unknownDates: 'null' });
    expect(
      await millrace.destination.query('select d::text, at::text, t::text, _millrace_changes as changes from nulled order by id'),
    ).toEqual([
      { d: null, at: null, t: null, changes: null },
      { d: '2024-02-29', at: '2024-02-29 01:02:03.004', t: '2024-02-29 01:02:03.004+00', changes: null },
      { d: null, at: null, t: null, changes: null },
    ]);
  });

  test('tinyint(1) as an integer keeps every value', async () => {
    await mariadb.query(
      'create table shop.tiny (id int primary key, b tinyint(1)); insert into shop.tiny values (1, 0), (2, 1), (3, -7)',
    );
    await load({ name: 'shop.tiny', mode: 'full_refresh_overwrite', target: { table: 'tiny' } }, { tinyint1: 'integer' });
    expect(await millrace.destination.query('select b from tiny order by id')).toEqual([{ b: 0 }, { b: 1 }, { b: -7 }]);
  });

  test.each(['text', 'int', 'blob'])('a table of one %s column keeps NULL apart from empty', async (type) => {
    const table = `single_${type}`;
    const values = type === 'int' ? '(1), (null), (3)' : `(''), (null), ('\\\\.'), ('a')`;
    await mariadb.query(`create table shop.${table} (v ${type}); insert into shop.${table} values ${values}`);
    await load({ name: `shop.${table}`, mode: 'full_refresh_overwrite', target: { table } });
    const held = await millrace.destination.query<{ v: string | null }>(
      `select coalesce('=' || ${type === 'blob' ? `convert_from(v, 'UTF8')` : 'v::text'}, 'NULL') as v from ${table}`,
    );
    expect(held.map(({ v }) => v).toSorted()).toEqual(type === 'int' ? ['=1', '=3', 'NULL'] : ['=', '=\\.', '=a', 'NULL']);
  });
});
