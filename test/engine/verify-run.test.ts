import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { NOTHING, VerifyScene, verificationOf } from './support/verify-scene.js';

/** What runs find of themselves, and what is found of them later. */

let millrace: Millrace;
let scene: VerifyScene;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 60_000 });
  scene = new VerifyScene(millrace);
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** Spoils rows on their way into the table, as a destination that does not hold what it was given. */
async function corrupt(table: string, change: string): Promise<void> {
  await millrace.destination
    .query(`create or replace function spoil_${table}() returns trigger language plpgsql as $$ begin ${change} end $$;
    create or replace trigger spoil before insert on ${table} for each row execute function spoil_${table}()`);
}

test('a run whose rows arrived as something else fails with verify.mismatch, and keeps them', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table spoilt (id int primary key, at timestamptz, note text); insert into spoilt values (1, '2024-01-01', 'a')`,
  );
  const stream = { name: 'public.spoilt', mode: 'incremental_append', cursorField: 'at', verify: 'hash' };
  const id = await millrace.connect([stream]);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await corrupt('spoilt', `new.note := upper(new.note); return new;`);
  await source.query(
    `insert into spoilt select i, '2025-01-01'::timestamptz + i * interval '1 s', 'b' from generate_series(2, 4) i`,
  );
  const run = await millrace.sync(id);
  expect(run.streams[0]).toMatchObject({
    status: 'failed',
    step: 'verify',
    rows: { loaded: 3 },
    error: { code: 'verify.mismatch' },
  });
  expect(run).toMatchObject({ status: 'failed', error: { code: 'verify.mismatch' } });
  expect(verificationOf(run)).toMatchObject({ scope: 'run', matched: false, rows: { source: 3, target: 3 } });
  expect(verificationOf(run).sample).toHaveLength(6);
  expect(await destination.query(`select count(*)::int as n from spoilt`)).toEqual([{ n: 4 }]);
  const again = await scene.verify(id, { scope: 'run' });
  expect(again).toMatchObject({ scope: 'run', matched: false, differences: { missing: 3, extra: 3 } });
  await source.query(`insert into spoilt values (5, '2026-01-01', 'C')`);
  expect((await millrace.sync(id)).status, 'the cursor has moved on').toBe('succeeded');
});

test('a value that differs in a whole table fails the run; a source that has changed since does not', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table whole (id int primary key, note text); insert into whole select i, 'n' from generate_series(1, 100) i`,
  );
  const id = await millrace.connect([{ name: 'public.whole', mode: 'full_refresh_overwrite', verify: 'hash' }]);
  const first = await millrace.sync(id);
  expect(verificationOf(first)).toMatchObject({ scope: 'table', by: 'sql', matched: true, rows: { source: 100, target: 100 } });
  expect(first.streams[0]?.notes.join()).toContain('verified by hash');
  await corrupt('whole', `if new.id = 7 then new.note := 'x'; end if; return new;`);
  const second = await millrace.sync(id);
  expect(second.streams[0]).toMatchObject({ status: 'failed', error: { code: 'verify.mismatch' } });
  expect(verificationOf(second).sample).toEqual([{ kind: 'different', key: ['7'], columns: ['note'] }]);
  // the source changes while the rows are loaded: what was read is what counts
  await destination.query(`create extension if not exists dblink`);
  const other = `dbname=${source.name} ${await connectionOf(source.url)}`;
  await corrupt(
    'whole',
    `if new.id = 7 then perform public.dblink_exec('${other}', 'update whole set note = ''later'' where id in (8, 9)'); end if; return new;`,
  );
  const third = await millrace.sync(id);
  expect(third.status, JSON.stringify(third.streams[0]?.error)).toBe('succeeded');
  expect(verificationOf(third)).toMatchObject({ matched: true, differences: { ...NOTHING, changedSince: 2 } });
});

test('what an earlier run had loaded of the same full read counts as well', async () => {
  const { source, destination, call } = millrace;
  await source.query(
    `create table parts (id int primary key, note text); insert into parts select i, repeat('n', 40) || i from generate_series(1, 4000) i; analyze parts`,
  );
  const id = await millrace.connect([{ name: 'public.parts', mode: 'full_refresh_overwrite', verify: 'hash' }]);
  await call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1, rows: 1 } });
  const first = await millrace.sync(id);
  expect(first.status).toBe('delayed');
  expect(verificationOf(first), 'readers do not see it yet').toBeNull();
  const [shadow] = await destination.query<{ name: string }>(
    `select relname as name from pg_class where relname like 'shadow%' and relkind = 'r'`,
  );
  await destination.query(`update _millrace.${shadow?.name} set note = 'x' where id = 1`);
  await call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1 } });
  const second = await millrace.sync(id);
  expect(second.streams[0]).toMatchObject({ error: { code: 'verify.mismatch' }, slices: expect.any(Number) });
  expect(verificationOf(second)).toMatchObject({ scope: 'table', rows: { source: 4000, target: 4000 } });
  expect(verificationOf(second).sample).toEqual([{ kind: 'different', key: ['1'], columns: ['note'] }]);
});

async function connectionOf(url: string): Promise<string> {
  const { hostname, port, username, password } = new URL(url);
  return `host=${hostname} port=${port} user=${username} password=${password}`;
}

test('incremental_deduped in a run: of several versions the newest counts, and what a newer row superseded is no error', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table merged (id int primary key, at timestamptz, note text); insert into merged select i, '2024-01-01', 'a' from generate_series(1, 50) i`,
  );
  const id = await millrace.connect([
    {
      name: 'public.merged',
      mode: 'incremental_deduped',
      cursorField: 'at',
      verify: 'hash',
      sql: 'select id, "at", upper(note) as note from input',
    },
  ]);
  expect(verificationOf(await millrace.sync(id))).toMatchObject({
    scope: 'run',
    by: 'duckdb',
    matched: true,
    rows: { target: 50 },
  });
  await destination.query(`update merged set at = '2030-01-01' where id = 3`);
  await source.query(`update merged set at = '2025-01-01' where id in (3, 4)`);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
  expect(verificationOf(run)).toMatchObject({ matched: true, differences: { ...NOTHING, changedSince: 1 } });
  expect(await scene.refused(id, {})).toMatchObject({ code: 'verify.not_possible', message: expect.stringContaining('SQL') });
  expect(await millrace.sync(id), 'nothing to compare').toMatchObject({ status: 'succeeded' });
});

test('by count: a run whose rows got lost fails', async () => {
  const { source } = millrace;
  await source.query(`create table counted (id int primary key, at timestamptz); insert into counted values (1, '2024-01-01')`);
  const id = await millrace.connect([{ name: 'public.counted', mode: 'incremental_append', cursorField: 'at', verify: 'count' }]);
  expect(verificationOf(await millrace.sync(id))).toMatchObject({
    method: 'count',
    matched: true,
    rows: { source: 1, target: 1 },
  });
  await source.query(`insert into counted values (2, '2025-01-01'), (3, '2025-01-01')`);
  // after the copy was counted, as a trigger that deletes what has just come
  await millrace.destination
    .query(`create function lose() returns trigger language plpgsql as $$ begin delete from public.counted where id = 3; return null; end $$;
    create trigger lose after insert on counted for each statement execute function lose()`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.error).toMatchObject({ code: 'verify.mismatch' });
  expect(verificationOf(run)).toMatchObject({ rows: { source: 2, target: 1 }, differences: { ...NOTHING, missing: 1 } });
});

test('a run that has kept its staged files can be compared later; one that has not says so', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table kept (id int primary key, tags text[], doc jsonb); insert into kept values (1, '{"a,b",NULL}', '{"b": 1, "a": [1.50]}')`,
  );
  const id = await millrace.connect([
    {
      name: 'public.kept',
      mode: 'full_refresh_overwrite',
      sql: `select id, tags, ['x', null, 'y,"z'] as list, doc, {'k': id, 'f': 1.5} as made from input`,
    },
  ]);
  await millrace.sync(id);
  expect((await millrace.call('POST', `/v1/connections/${id}/verify`, { scope: 'run' })).body.code).toBe('run.not_staged');
  await millrace.call('PATCH', `/v1/connections/${id}`, { keepStaged: '1h' });
  await millrace.sync(id);
  expect(await scene.verify(id, { scope: 'run', run: 2 })).toMatchObject({ matched: true, rows: { source: 1, target: 1 } });
  await destination.query(`update kept set made = '{"f": 1.5, "k": 1}', list = array['x', null, 'y,z']`);
  expect((await scene.verify(id, { scope: 'run' })).sample).toEqual([{ kind: 'different', key: ['1'], columns: ['list'] }]);
});

test('what SQL makes of a type that only the destination knows is no difference, and is told', async () => {
  const { source, destination } = millrace;
  await source.query(`create table remade (id int primary key, doc jsonb, span interval, kept interval, ip inet);
    insert into remade values (1, '{"b": 1, "a": 2.50}', '1 day', '2 days', '10.0.0.1')`);
  const sql = `select id, json_merge_patch(doc, '{"c":1}') as doc, replace(span, '1 day', '1 days') as span, kept, ip || '/32' as ip from input`;
  const made = { name: 'public.remade', mode: 'full_refresh_overwrite', verify: 'hash' };
  const run = await millrace.sync(await millrace.connect([{ ...made, sql }]));
  expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
  expect(verificationOf(run)).toMatchObject({ matched: true, skippedColumns: ['span', 'kept', 'ip'] });
  expect(run.streams[0]?.notes.join()).toContain('the destination writes span in its own way');
  expect(await destination.query(`select doc::text, span::text, ip::text from remade`)).toEqual([
    { doc: '{"a": 2.5, "b": 1, "c": 1}', span: '1 day', ip: '10.0.0.1/32' },
  ]);
  const same = await millrace.sync(
    await millrace.connect([{ ...made, sql: 'select * from input', target: { table: 'remade_not' } }]),
  );
  expect(verificationOf(same)).toMatchObject({ matched: true, skippedColumns: [] });
});
