import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { openTransaction } from './support/sessions.js';
import { waitFor } from '../support/wait-for.js';
import { NOTHING, VerifyScene, inOrder, verificationOf } from './support/verify-scene.js';

/** Modes that write only what differs, or keep what was: rows that did not change carry the number of an older run. */

let millrace: Millrace;
let scene: VerifyScene;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 60_000 });
  scene = new VerifyScene(millrace);
});
afterAll(() => millrace[Symbol.asyncDispose]());

const ROWS = 100;

async function makeTable(table: string): Promise<void> {
  await millrace.source.query(`create table ${table} (id int primary key, at timestamptz, note text);
    insert into ${table} select i, '2024-01-01'::timestamptz + i * interval '1 s', 'n' || i from generate_series(1, ${ROWS}) i`);
}

/** One row changes, one goes, one comes. */
const change = (table: string): Promise<unknown> =>
  millrace.source.query(`update ${table} set note = 'changed', at = '2025-01-01' where id = 1; delete from ${table} where id = 2;
    insert into ${table} values (1000, '2025-01-02', 'new')`);

/** A foreign key points at the target from now on. */
const refer = (table: string): Promise<unknown> =>
  millrace.destination.query(`alter table ${table} add primary key (id);
    create table child_of_${table} (parent int references ${table} (id)); insert into child_of_${table} values (50)`);

interface Case {
  readonly name: string;
  readonly stream: object;
  /** Which rows of the target somebody corrupts. */
  readonly of?: string;
}

const CASES: readonly Case[] = [
  { name: 'append', stream: { mode: 'full_refresh_append' }, of: '_millrace_run = 2' },
  { name: 'mirror_hard', stream: { mode: 'mirror', deletes: 'hard' } },
  { name: 'mirror_soft', stream: { mode: 'mirror', deletes: 'soft' }, of: '_millrace_deleted_at is null' },
  { name: 'scd2_whole', stream: { mode: 'scd2' }, of: '_millrace_is_current' },
  { name: 'referenced', stream: { mode: 'full_refresh_overwrite' } },
];

test.each(CASES)(
  '$name: clean after every run, whatever changed, and a corrupted, a lost and a foreign row are found',
  async ({ name, stream, of = 'true' }) => {
    const { destination } = millrace;
    await makeTable(name);
    const id = await scene.loaded({ name: `public.${name}`, ...stream, verify: 'hash' });
    if (name === 'referenced') await refer(name);
    await change(name);
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run.streams[0])).toBe('succeeded');
    const clean = { matched: true, rows: { source: ROWS, target: ROWS }, differences: NOTHING };
    expect(verificationOf(run)).toMatchObject({ ...clean, scope: 'table', by: 'sql' });
    expect(await scene.verify(id)).toMatchObject(clean);
    expect(await scene.verify(id, { method: 'count' })).toMatchObject(clean);
    const columns = (
      await destination.query<{ c: string }>(
        `select attname as c from pg_attribute where attrelid = '${name}'::regclass and attnum > 0 and attname <> 'id'`,
      )
    )
      .map(({ c }) => `"${c}"`)
      .join();
    await destination.query(`update ${name} set note = 'x' where id = 7 and ${of}; delete from ${name} where id = 8 and ${of};
    insert into ${name} (id, ${columns}) select 2000, ${columns} from ${name} where id = 9 and ${of}`);
    const found = await scene.verify(id);
    expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 1, extra: 1, different: 1 } });
    expect(inOrder(found)).toEqual([
      { kind: 'different', key: ['7'], columns: ['note'] },
      { kind: 'extra_in_target', key: ['2000'] },
      { kind: 'missing_in_target', key: ['8'] },
    ]);
  },
);

test.each(CASES)(
  '$name: a source that changes during the run is no mismatch, a corrupted row is one',
  async ({ name, stream }) => {
    const { source, destination } = millrace;
    const table = `live_${name}`;
    await makeTable(table);
    const id = await scene.loaded({ name: `public.${table}`, ...stream, verify: 'hash' });
    if (name === 'referenced') await refer(table);
    await change(table);
    const { hostname, port, username, password } = new URL(source.url);
    const other = `host=${hostname} port=${port} user=${username} password=${password} dbname=${source.name}`;
    await destination.query(`create extension if not exists dblink;
    create function meanwhile_${table}() returns trigger language plpgsql as $$ begin
      if new.id = 1000 then perform public.dblink_exec('${other}', 'update ${table} set note = ''later'' where id in (8, 9)'); end if; return new; end $$;
    create trigger meanwhile before insert on ${table} for each row execute function meanwhile_${table}()`);
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run.streams[0])).toBe('succeeded');
    expect(verificationOf(run)).toMatchObject({ matched: true, differences: { ...NOTHING, changedSince: 2 } });
    await destination.query(`create or replace function meanwhile_${table}() returns trigger language plpgsql as $$ begin
    if new.id = 1 then new.note := 'spoilt'; end if; return new; end $$;
    create trigger also before update on ${table} for each row execute function meanwhile_${table}()`);
    await source.query(`update ${table} set note = 'again' where id = 1`);
    const spoilt = await millrace.sync(id);
    expect(spoilt.streams[0]?.error, JSON.stringify(spoilt.streams[0])).toMatchObject({ code: 'verify.mismatch' });
    expect(verificationOf(spoilt).sample).toContainEqual({ kind: 'different', key: ['1'], columns: ['note'] });
  },
);

test('full_refresh_append: a snapshot without rows is the last one, and one read by two runs is one', async () => {
  const { source, call } = millrace;
  await source.query(
    `create table snapped (id int primary key, note text); insert into snapped select i, repeat('n', 40) || i from generate_series(1, 4000) i; analyze snapped`,
  );
  const id = await millrace.connect([{ name: 'public.snapped', mode: 'full_refresh_append', verify: 'hash' }]);
  await call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1, rows: 1 } });
  expect((await millrace.sync(id)).status).toBe('delayed');
  await call('PATCH', `/v1/connections/${id}`, { limits: { parallelStreams: 1 } });
  const second = await millrace.sync(id);
  expect(second.status, JSON.stringify(second.streams[0])).toBe('succeeded');
  expect(verificationOf(second)).toMatchObject({ matched: true, rows: { source: 4000, target: 4000 } });
  await source.query('delete from snapped');
  const third = await millrace.sync(id);
  expect(third.status, JSON.stringify(third.streams[0])).toBe('succeeded');
  expect(verificationOf(third)).toMatchObject({ matched: true, rows: { source: 0, target: 0 } });
});

test('scd2 by a cursor: rows that are gone are told, later changes are known, a corrupted version is found; a run says that it is not verified', async () => {
  const { source, destination } = millrace;
  await makeTable('scd2_cursor');
  const id = await scene.loaded({ name: 'public.scd2_cursor', mode: 'scd2', cursorField: 'at', verify: 'hash' });
  await change('scd2_cursor');
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams[0])).toBe('succeeded');
  expect(run.streams[0]?.notes.join()).toContain('not verified');
  const told = { ...NOTHING, extra: 1 };
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: true, differences: told });
  expect(found.sample).toEqual([{ kind: 'extra_in_target', key: ['2'] }]);
  await source.query(`update scd2_cursor set note = 'later', at = '2026-01-01' where id = 3`);
  expect(await scene.verify(id)).toMatchObject({ matched: true, differences: { ...told, changedSince: 1 } });
  await destination.query(
    `update scd2_cursor set note = 'x' where id = 1 and _millrace_is_current; update scd2_cursor set note = 'y' where not _millrace_is_current`,
  );
  expect(await scene.verify(id)).toMatchObject({ matched: false, differences: { ...told, changedSince: 1, different: 1 } });
});

test('a comparison that lasts holds back no incremental read', async () => {
  const { source } = millrace;
  await Promise.all([makeTable('long_compared'), makeTable('read_meanwhile')]);
  const compared = await scene.loaded({ name: 'public.long_compared', mode: 'mirror' });
  const id = await scene.loaded({ name: 'public.read_meanwhile', mode: 'incremental_append', cursorField: 'at', settle: '50ms' });
  await using locked = await openTransaction(source, 'lock table long_compared', { application: 'millrace/test/read' });
  await millrace.call('POST', `/v1/connections/${compared}/verify`, {});
  const waiting = `select application_name as name from pg_stat_activity where application_name like 'millrace/verify/%' and wait_event_type = 'Lock' and datname = current_database()`;
  await waitFor(async () => (await source.query(waiting)).length > 0, { what: 'the comparison waits for the lock' });
  expect(await source.query(waiting)).toEqual([{ name: expect.stringMatching(/\/read$/) }]);
  await source.query(`insert into read_meanwhile values (5000, clock_timestamp(), 'meanwhile')`);
  const run = await millrace.sync(id);
  expect(run).toMatchObject({ status: 'succeeded', streams: [{ rows: { loaded: 1 } }] });
  await locked.end('rollback');
});
