import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { createNastyTable } from './support/nasty-table.js';
import { NOTHING, VerifyScene, inOrder } from './support/verify-scene.js';

/** Whole tables on demand: equal ones of every type are equal, and every planted difference is found. */

let millrace: Millrace;
let scene: VerifyScene;

beforeAll(async () => {
  millrace = await startMillrace();
  scene = new VerifyScene(millrace);
  await createNastyTable(millrace.source);
});
afterAll(() => millrace[Symbol.asyncDispose]());

test.each([
  ['full_refresh_overwrite', {}],
  ['full_refresh_overwrite', { sql: 'select * from input' }],
  ['incremental_append', { cursorField: 'id' }],
  ['incremental_deduped', { cursorField: 'id' }],
])('every value of every type compares equal after %s %o', async (mode, extra) => {
  const table = `equal_${mode}${'sql' in extra ? '_sql' : ''}`;
  const id = await scene.loaded({ name: 'public.everything', mode, ...extra, target: { table }, verify: 'hash' });
  const run = (await millrace.call('GET', `/v1/runs?connectionId=${id}`)).body.data[0];
  const [stream] = (await millrace.call('GET', `/v1/runs/${run.id}/streams`)).body.data;
  const rows = await millrace.source.query<{ n: number }>('select count(*)::int as n from everything');
  const both = { rows: { source: rows[0]?.n, target: rows[0]?.n }, differences: NOTHING, matched: true };
  expect(stream.verification, JSON.stringify(stream)).toMatchObject({ ...both, method: 'hash', sample: [] });
  if (!('sql' in extra)) expect(await scene.verify(id)).toMatchObject({ ...both, by: 'sql', skippedColumns: [] });
  if (!('sql' in extra)) expect(await scene.verify(id, { method: 'count' })).toMatchObject({ ...both, method: 'count' });
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
  const id = await scene.loaded({ name: 'public.changed', mode: 'full_refresh_overwrite' });
  expect(await scene.verify(id)).toMatchObject({ matched: true, differences: NOTHING });
  for (const [index, [type, , becomes]] of changes.entries())
    await destination.query(`update changed set c${index} = ${becomes}::${type} where id = ${index + 1}`);
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, different: changes.length }, truncated: false });
  const expected = changes.map((_, index) => ({ kind: 'different', key: [String(index + 1)], columns: [`c${index}`] }));
  expect(found.sample).toHaveLength(expected.length);
  expect(found.sample).toEqual(expect.arrayContaining(expected));
  expect(await scene.verify(id, { method: 'count' })).toMatchObject({ matched: true });
});

test('jsonb and char(n) that say the same print the same: order of members, blanks at the end', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table alike (id int primary key, j jsonb, c char(5)); insert into alike values (1, '{"b": 1, "a": 2}', 'x')`,
  );
  const id = await scene.loaded({ name: 'public.alike', mode: 'full_refresh_overwrite' });
  await destination.query(`update alike set j = '{"a":2,"b":1}', c = 'x    '`);
  expect(await scene.verify(id)).toMatchObject({ matched: true });
});

test('values that changed places, rows that are missing and rows that are extra; a composite key', async () => {
  const { source, destination } = millrace;
  await source.query(`create table composite (region text, id int, amount numeric, primary key (region, id));
    insert into composite select r, i, i from generate_series(1, 500) i, unnest(array['eu', 'u"s,']) r`);
  const id = await scene.loaded({ name: 'public.composite', mode: 'full_refresh_overwrite' });
  await destination.query(`update composite set amount = 3 - amount where region = 'eu' and id in (1, 2);
    delete from composite where region = 'u"s,' and id = 7; insert into composite values ('xx', 1, 1)`);
  const found = await scene.verify(id);
  expect(found).toMatchObject({ rows: { source: 1000, target: 1000 }, matched: false });
  expect(inOrder(found)).toEqual([
    { kind: 'different', key: ['eu', '1'], columns: ['amount'] },
    { kind: 'different', key: ['eu', '2'], columns: ['amount'] },
    { kind: 'extra_in_target', key: ['xx', '1'] },
    { kind: 'missing_in_target', key: ['u"s,', '7'] },
  ]);
  expect(await scene.verify(id, { method: 'count' })).toMatchObject({ matched: true });
  await destination.query(`delete from composite where region = 'xx'`);
  const counted = await scene.verify(id, { method: 'count' });
  expect(counted).toMatchObject({ matched: false, rows: { source: 1000, target: 999 }, differences: { missing: 1 } });
});

test('rows without a key are compared as a multiset', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table keyless (a int, b text); insert into keyless select i % 10, 'b' from generate_series(1, 100) i`,
  );
  const id = await scene.loaded({ name: 'public.keyless', mode: 'full_refresh_overwrite' });
  expect(await scene.verify(id)).toMatchObject({ matched: true });
  await destination.query(
    `delete from keyless where ctid = any(array(select ctid from keyless where a = 3 limit 2)); insert into keyless values (4, null)`,
  );
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 2, extra: 1 } });
  expect(inOrder(found)).toEqual([
    { kind: 'extra_in_target', key: null, rowHash: expect.stringMatching(/^[0-9a-f]{16}$/) },
    { kind: 'missing_in_target', key: null, rowHash: expect.stringMatching(/^[0-9a-f]{16}$/), rows: 2 },
  ]);
});
