import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Difference, Verification } from '../../schema/verification.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { TYPES, createNastyTable } from './support/nasty-table.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
  await createNastyTable(millrace.source);
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** What a comparison on demand says of the only stream. */
async function verify(id: string, body: object = {}): Promise<Verification> {
  const reply = await millrace.call('POST', `/v1/connections/${id}/verify?wait=60s`, body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(202);
  const [stream] = reply.body.streams;
  expect(stream.error, JSON.stringify(reply.body)).toBeNull();
  expect(reply.body).toMatchObject({ status: 'succeeded', matched: stream.result.matched });
  return stream.result as Verification;
}

async function loaded(stream: object): Promise<string> {
  const id = await millrace.connect([stream]);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
  return id;
}

const differencesOf = ({ sample }: Verification): readonly Difference[] =>
  sample.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const NOTHING = { missing: 0, extra: 0, different: 0, changedSince: 0 };

test.each([
  ['full_refresh_overwrite', {}],
  ['full_refresh_overwrite', { sql: 'select * from input' }],
  ['incremental_append', { cursorField: 'id' }],
  ['incremental_deduped', { cursorField: 'id' }],
])('every value of every type compares equal after %s %o', async (mode, extra) => {
  const table = `equal_${mode}${'sql' in extra ? '_sql' : ''}`;
  const id = await loaded({ name: 'public.everything', mode, ...extra, target: { table }, verify: 'hash' });
  const run = (await millrace.call('GET', `/v1/runs?connectionId=${id}`)).body.data[0];
  const [stream] = (await millrace.call('GET', `/v1/runs/${run.id}/streams`)).body.data;
  const rows = await millrace.source.query<{ n: number }>('select count(*)::int as n from everything');
  const both = { rows: { source: rows[0]?.n, target: rows[0]?.n }, differences: NOTHING, matched: true };
  expect(stream.verification, JSON.stringify(stream)).toMatchObject({ ...both, method: 'hash', sample: [] });
  if (!('sql' in extra)) expect(await verify(id)).toMatchObject({ ...both, by: 'sql', skippedColumns: [] });
  if (!('sql' in extra)) expect(await verify(id, { method: 'count' })).toMatchObject({ ...both, method: 'count' });
});

test('each changed value is found, with its key and column', async () => {
  const { source, destination } = millrace;
  const changes: readonly (readonly [type: string, was: string, becomes: string])[] = [
    ['text', `''`, 'null'],
    ['text', 'null', `''`],
    ['text', `'a'`, `'a '`],
    ['numeric', '1.0', '1.00'],
    ['numeric(10,2)', '1.00', '1.01'],
    ['numeric', `'NaN'`, '0'],
    ['double precision', '0', `'-0'`],
    ['real', `'NaN'`, '0'],
    ['jsonb', `'{"a": 1}'`, `'{"a": 1.0}'`],
    ['json', `'{"a":1,"b":2}'`, `'{"b":2,"a":1}'`],
    ['char(5)', `'ab'`, `'ac'`],
    ['timestamptz', `'2024-01-01 00:00:00.000001+00'`, `'2024-01-01 00:00:00.000002+00'`],
    ['boolean', 'true', 'false'],
    ['bytea', `'\\x00'`, `'\\x0000'`],
    ['int[]', `'{1,2}'`, `'[0:1]={1,2}'`],
    ['interval', `'1 day'`, `'24:00:00'`],
  ];
  const columns = changes.map(([type], index) => `c${index} ${type}`).join(', ');
  await source.query(`create table changed (id int primary key, ${columns});
    insert into changed select i, ${changes.map(([type, was]) => `${was}::${type}`).join(', ')} from generate_series(1, 100) i`);
  const id = await loaded({ name: 'public.changed', mode: 'full_refresh_overwrite' });
  expect(await verify(id)).toMatchObject({ matched: true, differences: NOTHING });
  for (const [index, [type, , becomes]] of changes.entries())
    await destination.query(`update changed set c${index} = ${becomes}::${type} where id = ${index + 1}`);
  const found = await verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, different: changes.length }, truncated: false });
  const expected = changes.map((_, index) => ({ kind: 'different', key: [String(index + 1)], columns: [`c${index}`] }));
  expect(found.sample).toHaveLength(expected.length);
  expect(found.sample).toEqual(expect.arrayContaining(expected));
  expect(await verify(id, { method: 'count' })).toMatchObject({ matched: true });
});

test('jsonb and char(n) that say the same print the same: order of members, blanks at the end', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table alike (id int primary key, j jsonb, c char(5)); insert into alike values (1, '{"b": 1, "a": 2}', 'x')`,
  );
  const id = await loaded({ name: 'public.alike', mode: 'full_refresh_overwrite' });
  await destination.query(`update alike set j = '{"a":2,"b":1}', c = 'x    '`);
  expect(await verify(id)).toMatchObject({ matched: true });
});

test('values that changed places, rows that are missing and rows that are extra; a composite key', async () => {
  const { source, destination } = millrace;
  await source.query(`create table composite (region text, id int, amount numeric, primary key (region, id));
    insert into composite select r, i, i from generate_series(1, 500) i, unnest(array['eu', 'u"s,']) r`);
  const id = await loaded({ name: 'public.composite', mode: 'full_refresh_overwrite' });
  await destination.query(`update composite set amount = 3 - amount where region = 'eu' and id in (1, 2);
    delete from composite where region = 'u"s,' and id = 7; insert into composite values ('xx', 1, 1)`);
  const found = await verify(id);
  expect(found).toMatchObject({ rows: { source: 1000, target: 1000 }, matched: false });
  expect(differencesOf(found)).toEqual([
    { kind: 'different', key: ['eu', '1'], columns: ['amount'] },
    { kind: 'different', key: ['eu', '2'], columns: ['amount'] },
    { kind: 'extra_in_target', key: ['xx', '1'] },
    { kind: 'missing_in_target', key: ['u"s,', '7'] },
  ]);
  expect(await verify(id, { method: 'count' })).toMatchObject({ matched: true });
  await destination.query(`delete from composite where region = 'xx'`);
  const counted = await verify(id, { method: 'count' });
  expect(counted).toMatchObject({ matched: false, rows: { source: 1000, target: 999 }, differences: { missing: 1 } });
});

test('rows without a key are compared as a multiset', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table keyless (a int, b text); insert into keyless select i % 10, 'b' from generate_series(1, 100) i`,
  );
  const id = await loaded({ name: 'public.keyless', mode: 'full_refresh_overwrite' });
  expect(await verify(id)).toMatchObject({ matched: true });
  await destination.query(
    `delete from keyless where ctid = any(array(select ctid from keyless where a = 3 limit 2)); insert into keyless values (4, null)`,
  );
  const found = await verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 2, extra: 1 } });
  expect(differencesOf(found)).toEqual([
    { kind: 'extra_in_target', key: null, rowHash: expect.stringMatching(/^[0-9a-f]{16}$/) },
    { kind: 'missing_in_target', key: null, rowHash: expect.stringMatching(/^[0-9a-f]{16}$/), rows: 2 },
  ]);
});

test('three differences among 300,000 rows are found without fetching the rows', async () => {
  const { source, destination } = millrace;
  await source.query(`create table large (id int primary key, a text, b numeric);
    insert into large select i, 'a' || i, i / 7.0 from generate_series(1, 300000) i; analyze large`);
  const id = await loaded({ name: 'public.large', mode: 'full_refresh_overwrite' });
  await destination.query(
    `update large set a = 'x' where id = 17; delete from large where id = 150000; insert into large values (300001, 'n', 1)`,
  );
  const found = await verify(id);
  expect(found.sample).toHaveLength(3);
  expect(found.differences).toEqual({ missing: 1, extra: 1, different: 1, changedSince: 0 });
  expect(found.examinedRows).toBeLessThan(6_000);
});

test('more differences than are listed are counted', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table many (id int primary key, a int); insert into many select i, i from generate_series(1, 3000) i`,
  );
  const id = await loaded({ name: 'public.many', mode: 'full_refresh_overwrite' });
  await destination.query(`update many set a = 0 where id % 2 = 0; delete from many where id % 3 = 0`);
  const found = await verify(id);
  expect(found).toMatchObject({ truncated: true, atLeast: false, differences: { ...NOTHING, missing: 1000, different: 1000 } });
  expect(found.sample).toHaveLength(100);
});

test('what a type of the target widened still compares equal, and a lost column is told', async () => {
  const { source, destination } = millrace;
  await source.query(`create table widened (id int primary key, a smallint, b numeric(6,2), c varchar(3), d real, e inet, gone text);
    insert into widened values (1, 7, 1.10, 'x', 0.1, '10.0.0.1', 'g')`);
  const id = await loaded({ name: 'public.widened', mode: 'incremental_deduped', cursorField: 'id' });
  await destination.query(`alter table widened alter a type bigint, alter b type numeric(12,4), alter c type text,
    alter d type double precision using d::text::double precision, alter e type text using host(e), drop column gone`);
  expect(await verify(id)).toMatchObject({ matched: true, by: 'sql', skippedColumns: ['gone'] });
  await destination.query(`update widened set b = 1.1001`);
  expect((await verify(id)).sample).toEqual([{ kind: 'different', key: ['1'], columns: ['b'] }]);
});

test('a column that prints in another way goes through DuckDB', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table printed (id int primary key, f double precision, at timestamptz); insert into printed values (1, 100000, '2024-01-01'), (2, -0.0, null), (3, 'NaN', 'infinity')`,
  );
  const id = await loaded({ name: 'public.printed', mode: 'full_refresh_overwrite' });
  await destination.query(`alter table printed alter f type text using f::text`);
  expect(await verify(id)).toMatchObject({ matched: true, by: 'duckdb' });
  await destination.query(`update printed set f = '100001' where id = 1`);
  const found = await verify(id);
  expect(found.sample).toEqual([{ kind: 'different', key: ['1'], columns: ['f'] }]);
});

test('incremental_deduped: rows that the source has changed since are no errors, rows that it deleted are told', async () => {
  const { source, destination } = millrace;
  await source.query(`create table moving (id int primary key, at timestamptz, note text);
    insert into moving select i, '2024-01-01'::timestamptz + i * interval '1 s', 'n' from generate_series(1, 100) i; insert into moving values (1000, null, 'no cursor')`);
  const id = await loaded({ name: 'public.moving', mode: 'incremental_deduped', cursorField: 'at' });
  await source.query(
    `update moving set note = 'later', at = '2025-01-01' where id <= 5; delete from moving where id = 50; insert into moving values (200, '2025-01-01', 'new')`,
  );
  const found = await verify(id);
  expect(found).toMatchObject({ matched: true, differences: { ...NOTHING, changedSince: 5, extra: 1 } });
  expect(found.sample[0]).toEqual({ kind: 'extra_in_target', key: ['50'] });
  await destination.query(`update moving set note = 'corrupt' where id in (99, 1000)`);
  expect(await verify(id)).toMatchObject({
    matched: false,
    differences: { ...NOTHING, changedSince: 5, extra: 1, different: 2 },
  });
});

test('incremental_append: older versions are not looked at, a lost row and a row loaded twice are found', async () => {
  const { source, destination } = millrace;
  await source.query(`create table logged (id int primary key, at timestamptz not null, note text);
    insert into logged select i, '2024-01-01'::timestamptz + i * interval '1 s', 'n' from generate_series(1, 100) i`);
  const id = await loaded({ name: 'public.logged', mode: 'incremental_append', cursorField: 'at' });
  await source.query(`update logged set note = 'again', at = '2025-01-01' where id <= 5`);
  await millrace.sync(id);
  expect(await verify(id)).toMatchObject({ matched: true, rows: { source: 100, target: 105 }, differences: NOTHING });
  expect(await verify(id, { method: 'count' })).toMatchObject({ matched: true });
  await destination.query(`delete from logged where id = 50; insert into logged select * from logged where id = 60`);
  const found = await verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 1, extra: 1 } });
  expect(differencesOf(found)).toMatchObject([
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
  const id = await loaded(stream);
  expect(await verify(id)).toMatchObject({ matched: true, rows: { source: 30 }, skippedColumns: [] });
  await millrace.destination.query(`delete from picked where kind = 'k0' or id > 20`);
  const filter = [
    { field: 'kind', is: 'in', value: ['k1', 'k2'] },
    { field: 'id', is: '<=', value: 20 },
  ];
  await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [{ ...stream, filter }] });
  expect(await verify(id)).toMatchObject({ matched: true, rows: { source: 14, target: 14 } });
});

test('names that are too long or odd for the target', async () => {
  const { source } = millrace;
  const long = 'é'.repeat(31);
  await source.query(
    `create table "Odd ""Table""" ("select" int primary key, "A" int, a int, "with ""quotes""" text, "${long}" text); insert into "Odd ""Table""" values (1, 2, 3, 'x', 'y')`,
  );
  const id = await loaded({ name: 'public.Odd "Table"', mode: 'full_refresh_overwrite' });
  expect(await verify(id)).toMatchObject({ matched: true, skippedColumns: [] });
  expect(TYPES.length).toBeGreaterThan(70);
});
