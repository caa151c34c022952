import { afterAll, beforeAll, expect, test } from 'vitest';
import { nativeFormat } from '../../connectors/postgres/native.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { TYPE_NAMES, createNastyTable, expectIdentical } from './support/nasty-table.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
  await createNastyTable(millrace.source);
});
afterAll(() => millrace[Symbol.asyncDispose]());

test.each([
  ['full_refresh_overwrite', {}],
  ['incremental_append', { cursorField: 'id' }],
  ['incremental_deduped', { cursorField: 'id' }],
])('every value and type comes through %s', async (mode, extra) => {
  const table = `plain_${mode}`;
  const id = await millrace.connect([{ name: 'public.everything', mode, ...extra, target: { table } }]);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
  await expectIdentical(millrace, { table });
});

test('every value and type that travels in binary rows comes through', async () => {
  const types = await millrace.source.query<{ name: string; type: string }>(TYPE_NAMES.replace('%s', 'everything'));
  const binary = types.filter(({ type }) =>
    nativeFormat([{ name: 'c', type: 'opaque', nullable: true, native: { system: 'postgres', type } }]),
  );
  const travelled = binary.map(({ name }) => name).filter((name) => name !== 'id');
  expect(travelled.length).toBeGreaterThan(50);
  const stream = {
    name: 'public.everything',
    mode: 'full_refresh_overwrite',
    columns: { include: travelled },
    target: { table: 'in_binary' },
  };
  const run = await millrace.sync(await millrace.connect([stream]));
  expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
  await expectIdentical(millrace, { table: 'in_binary', columns: travelled });
});

test('every value and type comes through a transform that selects everything', async () => {
  const id = await millrace.connect([
    { name: 'public.everything', mode: 'full_refresh_overwrite', sql: 'select * from input', target: { table: 'through_sql' } },
  ]);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
  await expectIdentical(millrace, { table: 'through_sql' });
});

test.each(['text', 'int', 'bytea'])(
  'a table of one %s column keeps NULL apart from empty, and no line ends the data',
  async (type) => {
    const { source, destination } = millrace;
    const table = `single_${type}`;
    const values =
      type === 'text'
        ? `('\\.'), (''), (null), ('\\N'), ('a')`
        : type === 'int'
          ? `(1), (null), (3)`
          : `(''), (null), ('\\x5c2e')`;
    await source.query(`create table ${table} (v ${type}); insert into ${table} values ${values}`);
    const id = await millrace.connect([{ name: `public.${table}`, mode: 'full_refresh_overwrite' }]);
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
    const sql = `select coalesce('=' || v::text, 'NULL') as v from ${table} order by 1`;
    expect(await destination.query(sql)).toEqual(await source.query(sql));
  },
);

test('names: reserved words, quotes, emoji, names that differ only in case or by an underscore', async () => {
  const { source, destination } = millrace;
  await source.query(`create table "Odd ""Table""" ("select" int primary key, "A" int, a int, "a_2" text, "with ""quotes""" text, "😀" text, "semi;colon" int);
    insert into "Odd ""Table""" values (1, 2, 3, 'x', 'y', 'z', 4)`);
  const stream = { name: 'public.Odd "Table"', mode: 'incremental_deduped', cursorField: 'select' };
  const id = await millrace.connect([stream]);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
  const sql = `select "select", "A", a, "a_2", "with ""quotes""", "😀", "semi;colon" from "Odd ""Table"""`;
  expect(await destination.query(sql)).toEqual(await source.query(sql));
});
