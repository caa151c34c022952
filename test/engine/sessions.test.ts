import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Session, openSession } from '../../connectors/postgres/session.js';
import { postgresConnectionFields } from '../../connectors/postgres/config.js';
import { z } from 'zod';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { waitFor } from '../support/wait-for.js';

const CONFIG = z.object(postgresConnectionFields);

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase('sessions');
  await database.query('create table t (id int primary key); insert into t values (1)');
});
afterAll(() => database.drop());

const open = (name: string, signal = new AbortController().signal, url = database.url): Promise<Session> =>
  openSession(CONFIG.parse({ url }), { sessionName: name, signal });

async function pidOf(session: Session): Promise<string> {
  return (await session.rows<{ pid: string }>('select pg_backend_pid()::text as pid'))[0]!.pid;
}

/** Sessions of ours that the server has now, by pid. */
async function names(): Promise<Record<string, string>> {
  const rows = await database.query<{ pid: number; name: string }>(
    `select pid, application_name as name from pg_stat_activity where datname = current_database() and application_name like 'millrace%'`,
  );
  return Object.fromEntries(rows.map(({ pid, name }) => [pid, name]));
}

const isIdle = (pid: string): Promise<unknown> =>
  waitFor(async () => (await names())[pid] === 'millrace-idle', { what: `the connection ${pid} waits for the next session` });

const isGone = (pid: string): Promise<unknown> =>
  waitFor(async () => (await names())[pid] === undefined, { what: `the connection ${pid} is closed`, timeoutMs: 20_000 });

test('a session follows another on the same connection and finds nothing of it', async () => {
  const first = await open('millrace/con_a/1/feed/1');
  const pid = await pidOf(first);
  await first.run(`set work_mem = '77MB'; create temp table mine (id int); prepare p as select 1; select pg_advisory_lock(42)`);
  await first[Symbol.asyncDispose]();
  await isIdle(pid);
  await using second = await open('millrace/con_b/2/feed/1');
  expect(await pidOf(second)).toBe(pid);
  expect((await names())[pid]).toBe('millrace/con_b/2/feed/1');
  const [left] = await second.rows(
    `select current_setting('work_mem') = '77MB' as setting, to_regclass('pg_temp.mine') as "table", current_setting('TimeZone') as zone,
       (select count(*) from pg_prepared_statements) as prepared, (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`,
  );
  expect(left).toEqual({ setting: 'f', table: null, zone: 'UTC', prepared: '0', locks: '0' });
});

test('what a session has left open is rolled back, and its locks are free, when it was let go', async () => {
  const first = await open('millrace/con_a/1/feed/1');
  await first.run('begin');
  await first.run('insert into public.t values (2)');
  await first[Symbol.asyncDispose]();
  await database.query(`set lock_timeout = '5s'; insert into t values (2); delete from t where id = 2`);
  expect(await database.query('select id from t')).toEqual([{ id: 1 }]);
});

test('two sessions at the same time never share a connection', async () => {
  await using first = await open('millrace/con_a/1/feed/1');
  await using second = await open('millrace/con_a/1/other/1');
  expect(await pidOf(first)).not.toBe(await pidOf(second));
});

test('a session that reads follows another while it knows all that a new connection would', async () => {
  const known = await open('millrace/con_a/1/feed/1');
  const first = await open('millrace/con_a/1/other/1'); // the second is known to have learnt what the first has
  const pid = await pidOf(first);
  await first[Symbol.asyncDispose]();
  await isIdle(pid);
  const second = await open('millrace/con_a/1/feed/1/read');
  expect(await pidOf(second)).toBe(pid);
  await second[Symbol.asyncDispose]();
  await known[Symbol.asyncDispose]();
  await isIdle(pid);
  await database.query(`alter database ${database.name} set timezone = 'Asia/Tokyo'`);
  await using third = await open('millrace/con_a/1/feed/1/read');
  expect(await pidOf(third)).not.toBe(pid);
  expect(await third.rows(`select reset_val from pg_settings where name = 'TimeZone'`)).toEqual([{ reset_val: 'Asia/Tokyo' }]);
});

test('a session that reads has a connection of its own where a trigger may set something at the login', async (context) => {
  const [server] = await database.query<{ version: number }>(`select current_setting('server_version_num')::int as version`);
  if (server!.version < 170_000) return context.skip('login triggers came with Postgres 17');
  await database.query(`create function at_login() returns event_trigger language plpgsql as $$ begin set work_mem = '77MB'; end $$;
    create event trigger at_login on login execute function at_login(); alter event trigger at_login enable always`);
  try {
    const first = await open('millrace/con_a/1/feed/1/read');
    const pid = await pidOf(first);
    await first[Symbol.asyncDispose]();
    await isIdle(pid);
    await using second = await open('millrace/con_a/1/feed/1/read');
    expect(await pidOf(second)).not.toBe(pid);
    expect(await second.rows(`select current_setting('work_mem') as value`)).toEqual([{ value: '77MB' }]);
  } finally {
    await database.query('drop event trigger at_login');
  }
});

test('another user or database is another connection', async () => {
  await using other = await freshDatabase('elsewhere');
  const first = await open('millrace/con_a/1/feed/1');
  const pid = await pidOf(first);
  await first[Symbol.asyncDispose]();
  await isIdle(pid);
  await using second = await open('millrace/con_a/1/feed/1', undefined, other.url);
  expect(await second.rows('select current_database() as name')).toEqual([{ name: other.name }]);
});

test('a session that was aborted takes its connection with it, also in the middle of a query', async () => {
  const abort = new AbortController();
  const session = await open('millrace/con_a/1/feed/1', abort.signal);
  const pid = await pidOf(session);
  const ended = session.run('select pg_sleep(60)').catch((error: unknown) => error);
  abort.abort();
  expect(await ended).toBeInstanceOf(Error);
  await session[Symbol.asyncDispose]();
  await isGone(pid);
});

test('a connection that the server has ended meanwhile is replaced by a new one', async () => {
  const first = await open('millrace/con_a/1/feed/1');
  const pid = await pidOf(first);
  await first[Symbol.asyncDispose]();
  await isIdle(pid);
  await database.query('select pg_terminate_backend($1)', [pid]);
  await using second = await open('millrace/con_a/1/feed/2');
  expect(await pidOf(second)).not.toBe(pid);
});

test('a connection that nobody needs is closed after some seconds', async () => {
  const session = await open('millrace/con_a/1/feed/1');
  const pid = await pidOf(session);
  await session[Symbol.asyncDispose]();
  await isGone(pid);
});
