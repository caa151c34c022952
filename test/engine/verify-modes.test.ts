import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { NOTHING, VerifyScene, inOrder } from './support/verify-scene.js';

/** Whole tables on demand: by write mode, of many rows, with columns that are not the same on both sides. */

let millrace: Millrace;
let scene: VerifyScene;

beforeAll(async () => {
  millrace = await startMillrace();
  scene = new VerifyScene(millrace);
});
afterAll(() => millrace[Symbol.asyncDispose]());

test('three differences among 300,000 rows are found without fetching the rows', async () => {
  const { source, destination } = millrace;
  await source.query(`create table large (id int primary key, a text, b numeric);
    insert into large select i, 'a' || i, i / 7.0 from generate_series(1, 300000) i; analyze large`);
  const id = await scene.loaded({ name: 'public.large', mode: 'full_refresh_overwrite' });
  await destination.query(
    `update large set a = 'x' where id = 17; delete from large where id = 150000; insert into large values (300001, 'n', 1)`,
  );
  const found = await scene.verify(id);
  expect(found.sample).toHaveLength(3);
  expect(found.differences).toEqual({ ...NOTHING, missing: 1, extra: 1, different: 1 });
  expect(found.examinedRows).toBeLessThan(6_000);
});

test('more differences than are listed are counted', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table many (id int primary key, a int); insert into many select i, i from generate_series(1, 3000) i`,
  );
  const id = await scene.loaded({ name: 'public.many', mode: 'full_refresh_overwrite' });
  await destination.query(`update many set a = 0 where id % 2 = 0; delete from many where id % 3 = 0`);
  const found = await scene.verify(id);
  expect(found).toMatchObject({ truncated: true, atLeast: false, differences: { ...NOTHING, missing: 1000, different: 1000 } });
  expect(found.sample).toHaveLength(100);
});

test('what a type of the target widened still compares equal, and a lost column is told', async () => {
  const { source, destination } = millrace;
  await source.query(`create table widened (id int primary key, a smallint, b numeric(6,2), c varchar(3), d real, e inet, gone text);
    insert into widened values (1, 7, 1.10, 'x', 0.1, '10.0.0.1', 'g')`);
  const id = await scene.loaded({ name: 'public.widened', mode: 'incremental_deduped', cursorField: 'id' });
  await destination.query(`alter table widened alter a type bigint, alter b type numeric(12,4), alter c type text,
    alter d type double precision using d::text::double precision, alter e type text using host(e), drop column gone`);
  expect(await scene.verify(id)).toMatchObject({ matched: true, by: 'sql', skippedColumns: ['gone'] });
  await destination.query(`update widened set b = 1.1001`);
  expect((await scene.verify(id)).sample).toEqual([{ kind: 'different', key: ['1'], columns: ['b'] }]);
});

test('a column that prints in another way goes through DuckDB', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table printed (id int primary key, f double precision, at timestamptz); insert into printed values (1, 100000, '2024-01-01'), (2, -0.0, null), (3, 'NaN', 'infinity')`,
  );
  const id = await scene.loaded({ name: 'public.printed', mode: 'full_refresh_overwrite' });
  await destination.query(`alter table printed alter f type text using f::text`);
  expect(await scene.verify(id)).toMatchObject({ matched: true, by: 'duckdb' });
  await destination.query(`update printed set f = '100001' where id = 1`);
  const found = await scene.verify(id);
  expect(found.sample).toEqual([{ kind: 'different', key: ['1'], columns: ['f'] }]);
});

test('incremental_deduped: rows that the source has changed since are no errors, rows that it deleted are told', async () => {
  const { source, destination } = millrace;
  await source.query(`create table moving (id int primary key, at timestamptz, note text);
    insert into moving select i, '2024-01-01'::timestamptz + i * interval '1 s', 'n' from generate_series(1, 100) i; insert into moving values (1000, null, 'no cursor')`);
  const id = await scene.loaded({ name: 'public.moving', mode: 'incremental_deduped', cursorField: 'at' });
  await source.query(
    `update moving set note = 'later', at = '2025-01-01' where id <= 5; delete from moving where id = 50; insert into moving values (200, '2025-01-01', 'new')`,
  );
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: true, differences: { ...NOTHING, changedSince: 5, extra: 1 } });
  expect(found.sample[0]).toEqual({ kind: 'extra_in_target', key: ['50'] });
  await destination.query(`update moving set note = 'corrupt' where id in (99, 1000)`);
  expect(await scene.verify(id)).toMatchObject({
    matched: false,
    differences: { ...NOTHING, changedSince: 5, extra: 1, different: 2 },
  });
});

test('incremental_append: older versions are not looked at, a lost row and a row loaded twice are found', async () => {
  const { source, destination } = millrace;
  await source.query(`create table logged (id int primary key, at timestamptz not null, note text);
    insert into logged select i, '2024-01-01'::timestamptz + i * interval '1 s', 'n' from generate_series(1, 100) i`);
  const id = await scene.loaded({ name: 'public.logged', mode: 'incremental_append', cursorField: 'at' });
  await source.query(`update logged set note = 'again', at = '2025-01-01' where id <= 5`);
  await millrace.sync(id);
  expect(await scene.verify(id)).toMatchObject({ matched: true, rows: { source: 100, target: 105 }, differences: NOTHING });
  expect(await scene.verify(id, { method: 'count' })).toMatchObject({ matched: true });
  await destination.query(`delete from logged where id = 50; insert into logged select * from logged where id = 60`);
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 1, extra: 1 } });
  expect(inOrder(found)).toMatchObject([
    { kind: 'extra_in_target', key: ['60'] },
    { kind: 'missing_in_target', key: ['50'] },
  ]);
});

test('only what the filter and the selection of columns take is compared', async () => {
  const { source } = millrace;
  await source.query(
    `create table picked (id int primary key, kind text, secret text); insert into picked select i, 'k' || i % 3, 's' from generate_series(1, 30) i`,
  );
  const stream = { name: 'public.picked', mode: 'full_refresh_overwrite', columns: { exclude: ['secret'] } };
  const id = await scene.loaded(stream);
  expect(await scene.verify(id)).toMatchObject({ matched: true, rows: { source: 30 }, skippedColumns: [] });
  await millrace.destination.query(`delete from picked where kind = 'k0' or id > 20`);
  const filter = [
    { field: 'kind', is: 'in', value: ['k1', 'k2'] },
    { field: 'id', is: '<=', value: 20 },
  ];
  await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [{ ...stream, filter }] });
  expect(await scene.verify(id)).toMatchObject({ matched: true, rows: { source: 14, target: 14 } });
});

test('names that are too long or odd for the target', async () => {
  const { source } = millrace;
  const long = 'é'.repeat(31);
  await source.query(
    `create table "Odd ""Table""" ("select" int primary key, "A" int, a int, "with ""quotes""" text, "${long}" text); insert into "Odd ""Table""" values (1, 2, 3, 'x', 'y')`,
  );
  const id = await scene.loaded({ name: 'public.Odd "Table"', mode: 'full_refresh_overwrite' });
  expect(await scene.verify(id)).toMatchObject({ matched: true, skippedColumns: [] });
});
