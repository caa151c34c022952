import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function expectSame(table: string, columns: string, where = 'true'): Promise<void> {
  const held = `(select * from ${table} where ${where}) as held`;
  expect(await contentHash(millrace.destination, held, columns)).toEqual(await contentHash(millrace.source, table, columns));
}

const lastNotes = async (id: string): Promise<string> => (await millrace.sync(id)).streams[0]?.notes.join('\n') ?? '';

test.each(['hard', 'soft'] as const)('mirror with %s deletes: inserted, changed, removed and re-added rows', async (deletes) => {
  const { source, destination } = millrace;
  const table = `mirrored_${deletes}`;
  await source.query(`create table ${table} (region text, id int, name text, doc json, primary key (region, id));
    insert into ${table} select 'eu', i, 'n' || i, '{"a": 1}' from generate_series(1, 5000) i`);
  const id = await millrace.connect([{ name: `public.${table}`, mode: 'mirror', deletes }]);
  const present = deletes === 'soft' ? '_millrace_deleted_at is null' : 'true';
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await expectSame(table, 'region, id, name, doc', present);
  await source.query(`update ${table} set name = 'changed' where id <= 10; update ${table} set doc = '{"a":1}' where id = 11;
    delete from ${table} where id between 100 and 104; insert into ${table} values ('us', 1, null, null)`);
  expect(await lastNotes(id)).toContain('rows: 5 deleted, 11 updated, 1 inserted');
  await expectSame(table, 'region, id, name, doc', present);
  const [touched] = await destination.query(`select count(*)::int as n from ${table} where _millrace_run = 2`);
  expect(touched, 'rows that did not change are not written').toEqual({ n: 12 });
  expect(await lastNotes(id)).toContain('nothing had changed');
  await source.query(`insert into ${table} values ('eu', 100, 'back', null)`);
  expect(await lastNotes(id)).toContain(deletes === 'soft' ? '1 updated' : '1 inserted');
  await expectSame(table, 'region, id, name, doc', present);
  const [gone] = await destination.query(`select count(*)::int as n from ${table} where not (${present})`);
  expect(gone).toEqual({ n: deletes === 'soft' ? 4 : 0 });
});

test('mirror with an overridden key keeps the row that arrived last', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table twice (serial int primary key, code text, n int); insert into twice values (1, 'a', 1), (2, 'a', 2), (3, 'b', 3)`,
  );
  const id = await millrace.connect([{ name: 'public.twice', mode: 'mirror', primaryKey: ['code'] }]);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.rows).toMatchObject({ extracted: 3, loaded: 2, superseded: 1 });
  expect(await destination.query('select code, n from twice order by code')).toEqual([
    { code: 'a', n: 2 },
    { code: 'b', n: 3 },
  ]);
});

test('full_refresh_append adds a snapshot in one step, each told by its run', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table stock (id int primary key, n int); insert into stock select i, i from generate_series(1, 20000) i`,
  );
  const id = await millrace.connect([{ name: 'public.stock', mode: 'full_refresh_append' }]);
  await millrace.sync(id);
  await source.query(`delete from stock where id > 10; alter table stock add column note text; update stock set note = 'x'`);
  expect(await lastNotes(id)).toContain('added column note text');
  expect(
    await destination.query(
      `select _millrace_run::int as run, count(*)::int as n, count(note)::int as notes from stock group by 1 order by 1`,
    ),
  ).toEqual([
    { run: 1, n: 20_000, notes: 0 },
    { run: 2, n: 10, notes: 10 },
  ]);
  await millrace.sync(id, { refresh: ['public.stock'] });
  expect(await destination.query(`select distinct _millrace_run::int as run from stock`), 'a refresh replaces').toEqual([
    { run: 3 },
  ]);
});

interface Version {
  readonly id: number;
  readonly name: string;
  readonly current: boolean;
  readonly open: boolean;
}

const versions = (table: string): Promise<Version[]> =>
  millrace.destination.query(
    `select id, name, _millrace_is_current as current, _millrace_valid_to is null as open from ${table} order by id, _millrace_valid_from`,
  ) as unknown as Promise<Version[]>;

const past = (id: number, name: string): Version => ({ id, name, current: false, open: false });
const current = (id: number, name: string): Version => ({ id, name, current: true, open: true });

/** No two versions of a key hold at the same time, and none ends before it began. */
async function expectSoundHistory(table: string): Promise<void> {
  const broken = await millrace.destination.query(
    `select a.id from ${table} a left join ${table} b on a.id = b.id and a.ctid <> b.ctid
       and tstzrange(a._millrace_valid_from, a._millrace_valid_to) && tstzrange(b._millrace_valid_from, b._millrace_valid_to)
     where b.id is not null or a._millrace_valid_to <= a._millrace_valid_from`,
  );
  expect(broken).toEqual([]);
}

test('scd2: unchanged, changed, removed and re-added rows, at one moment per run', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table people (id int primary key, name text); insert into people values (1, 'a'), (2, 'b'), (3, 'c')`,
  );
  const id = await millrace.connect([{ name: 'public.people', mode: 'scd2' }]);
  await millrace.sync(id);
  expect(await versions('people')).toEqual([current(1, 'a'), current(2, 'b'), current(3, 'c')]);
  expect(await lastNotes(id), 'a run without changes').toContain('nothing had changed');
  await source.query(`update people set name = 'B' where id = 2; delete from people where id = 3`);
  expect(await lastNotes(id)).toContain('2 ended, 1 inserted');
  expect(await versions('people')).toEqual([current(1, 'a'), past(2, 'b'), current(2, 'B'), past(3, 'c')]);
  const moments = await destination.query(
    `select distinct m from people cross join unnest(array[_millrace_valid_to, case when name = 'B' then _millrace_valid_from end]) as m where m is not null`,
  );
  expect(moments, 'one moment for what ended and what began').toHaveLength(1);
  await source.query(`insert into people values (3, 'c')`);
  await millrace.sync(id);
  expect(await versions('people')).toEqual([current(1, 'a'), past(2, 'b'), current(2, 'B'), past(3, 'c'), current(3, 'c')]);
  await expectSoundHistory('people');
});

test('scd2: a read that stops at a limit retires nothing', async () => {
  const { source } = millrace;
  await source.query(
    `create table many (id int primary key, name text); insert into many select i, repeat('x', 200) from generate_series(1, 3000) i`,
  );
  const id = await millrace.connect([{ name: 'public.many', mode: 'scd2' }]);
  await millrace.sync(id);
  await source.query(`update many set name = 'y' where id = 3000`);
  await millrace.call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1, rows: 10 } });
  const partial = await millrace.sync(id);
  expect(partial.status).toBe('delayed');
  expect((await versions('many')).every((version) => version.current)).toBe(true);
  await millrace.call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1 } });
  await millrace.sync(id);
  expect((await versions('many')).filter(({ current: is }) => !is)).toHaveLength(1);
  await expectSoundHistory('many');
});

test('scd2 by a cursor: what a run does not bring is left alone, older rows are ignored', async () => {
  const { source } = millrace;
  await source.query(`create table prices (id int primary key, name text, at timestamptz not null);
    insert into prices values (1, 'a', '2024-01-01'), (2, 'b', '2024-01-01'), (3, 'c', '2024-01-01')`);
  const id = await millrace.connect([{ name: 'public.prices', mode: 'scd2', cursorField: 'at' }]);
  await millrace.sync(id);
  await source.query(`update prices set name = 'B', at = '2024-02-01' where id = 2; delete from prices where id = 3`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.rows).toMatchObject({ loaded: 1 });
  expect(await versions('prices')).toEqual([current(1, 'a'), past(2, 'b'), current(2, 'B'), current(3, 'c')]);
  await millrace.sync(id, { backfill: { from: '2024-01-01', to: '2024-03-01' } });
  expect(await versions('prices'), 'what is read again changes nothing').toHaveLength(4);
  await expectSoundHistory('prices');
});

test.each([
  ['incremental_deduped', 'scd2'],
  ['full_refresh_append', 'mirror'],
  ['scd2', 'incremental_append'],
  ['incremental_append', 'incremental_deduped'],
  ['mirror', 'full_refresh_append'],
])('a stream whose mode changes from %s to %s is read anew, and what it had loaded is replaced', async (before, after) => {
  const { source, destination } = millrace;
  const table = `from_${before}`;
  await source.query(
    `create table ${table} (id int primary key, at timestamptz not null); insert into ${table} select i, '2024-01-01' from generate_series(1, 100) i`,
  );
  const stream = (mode: string) => ({
    name: `public.${table}`,
    mode,
    ...(mode.startsWith('incremental') ? { cursorField: 'at' } : {}),
  });
  const id = await millrace.connect([stream(before)]);
  await millrace.sync(id);
  await source.query(`update ${table} set at = '2024-02-01' where id <= 10; delete from ${table} where id > 90`);
  await millrace.sync(id);
  await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [stream(after)] });
  expect(await lastNotes(id)).toContain(`its mode was ${before}`);
  await expectSame(table, 'id, at');
  const again = await millrace.sync(id);
  expect(again.streams[0]?.notes.join()).not.toContain('its mode was');
  expect(await destination.query(`select count(*)::int as n from ${table}`)).toEqual([
    { n: after === 'full_refresh_append' ? 180 : 90 },
  ]);
});

test('a stream whose key changes is read anew', async () => {
  const { source } = millrace;
  await source.query(`create table rekeyed (id int primary key, code text not null, at timestamptz not null);
    insert into rekeyed select i, 'c' || i, '2024-01-01' from generate_series(1, 100) i`);
  const id = await millrace.connect([{ name: 'public.rekeyed', mode: 'incremental_deduped', cursorField: 'at' }]);
  await millrace.sync(id);
  await source.query(
    `alter table rekeyed drop constraint rekeyed_pkey; alter table rekeyed add primary key (code); update rekeyed set id = 1`,
  );
  expect(await lastNotes(id)).toContain('its key was (id): read from the start');
  await expectSame('rekeyed', 'id, code, at');
});
