import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { isMillraceError } from '../../platform/errors/error.js';
import { findBinaries } from '../../platform/postgres/binaries.js';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startPostgres } from '../../platform/postgres/server.js';
import { isAlive } from '../../platform/process/inspect.js';
import { freePort, isFree } from '../../platform/process/port.js';
import { type TempHome, processesNaming, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';

let home: TempHome;
const started: EmbeddedPostgres[] = [];

let initialised: TempHome;

/** initdb takes a second, so it runs once and most tests get a copy of what it made. */
beforeAll(async () => {
  home = initialised = await tempHome('postgres-initialised');
  await (await start()).stop();
  started.length = 0;
});

afterAll(() => initialised[Symbol.asyncDispose]());

beforeEach(async () => {
  home = await tempHome('postgres'); // 0700: as root, the user that Postgres runs as may not enter it
  execFileSync('cp', ['-a', `${initialised.path}/.`, home.path]);
});

async function useEmptyHome(): Promise<void> {
  await home[Symbol.asyncDispose]();
  home = await tempHome('postgres');
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  expect(processesNaming(home.path)).toEqual([]);
  await home[Symbol.asyncDispose]();
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres({
    home: home.path,
    port: { port: 0, mustBe: false, variable: 'MILLRACE_PG_PORT' },
    databases: ['millrace', 'demo'],
    say: () => undefined,
    ...options,
  });
  started.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function addRow(server: EmbeddedPostgres): Promise<void> {
  await query(server.url('millrace'), 'create table if not exists kept (at timestamptz); insert into kept values (now())');
}

async function countRows(server: EmbeddedPostgres): Promise<unknown> {
  return (await query(server.url('millrace'), 'select count(*)::int as rows from kept'))[0]?.['rows'];
}

test('a first start makes both databases, durable and for its owner only', async () => {
  await useEmptyHome();
  const server = await start();
  expect(await query(server.url('demo'), 'select current_user::text as who')).toEqual([{ who: 'millrace' }]);
  expect(await query(server.url('millrace'), "select current_setting('fsync') as fsync")).toEqual([{ fsync: 'on' }]);
  expect((await stat(join(home.path, 'postgres-password'))).mode & 0o777).toBe(0o600);
  await expect(query(server.url('demo').replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1')).rejects.toThrow('password');
});

test('a start over a warm home goes on with what is there, without another initdb', async () => {
  const version = join(home.path, 'postgres', 'PG_VERSION');
  const made = (await stat(version)).ino;
  await start();
  expect((await stat(version)).ino).toBe(made);
});

test('programs in a folder that is closed to everybody else run too', async () => {
  await useEmptyHome();
  const closed = join(home.path, 'closed');
  await mkdir(closed, { mode: 0o700 });
  await cp(join(findBinaries().postgres, '..', '..'), join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
  const bin = join(closed, 'native', 'bin');
  const server = await start({ binaries: { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') } });
  await addRow(server);
  expect(await countRows(server)).toBe(1);
});

test('committed rows are there after the server was killed', async () => {
  const first = await start();
  await addRow(first);
  first.kill();
  expect(await first.ended).toContain('SIGKILL');
  expect(await countRows(await start())).toBe(1);
});

test('a server that a killed stack left running is ended first', async () => {
  const orphan = await start();
  await addRow(orphan);
  const successor = await start();
  expect(isAlive(orphan.pid)).toBe(false);
  expect(await countRows(successor)).toBe(1);
});

test('a backend that outlives its killed postmaster does not block the next start', async () => {
  const first = await start();
  const busy = query(first.url('demo'), 'select pg_sleep(60)').catch(() => undefined);
  await waitFor(
    async () => (await query(first.url('demo'), "select 1 from pg_stat_activity where query like 'select pg_sleep%'")).length,
  );
  first.kill();
  await start();
  await busy;
});

test('a stale pid file whose pid belongs to another program now does not block the start', async () => {
  const first = await start();
  await first.stop();
  const { uid, gid } = await stat(join(home.path, 'postgres'));
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore', uid, gid, cwd: '/' });
  try {
    await once(stranger, 'spawn');
    const pidFile = [stranger.pid, join(home.path, 'postgres'), 1, first.port, '', '127.0.0.1', '  1234567 0', 'ready   ', ''];
    await writeFile(join(home.path, 'postgres', 'postmaster.pid'), pidFile.join('\n'));
    await start();
    expect(isAlive(stranger.pid!)).toBe(true);
  } finally {
    await end(stranger);
  }
});

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

test('what a killed initdb left is thrown away', async () => {
  await useEmptyHome();
  const unfinished = join(home.path, 'postgres.unfinished-abc', 'data');
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, 'PG_VERSION'), '18');
  await start();
  expect((await readdir(home.path)).filter((name) => name.includes('unfinished'))).toEqual([]);
});

test('a port that was asked for and is busy ends in a message that names the setting', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const refusal = await start({ port: { port, mustBe: true, variable: 'MILLRACE_PG_PORT' } }).catch((error: unknown) => error);
  expect(isMillraceError(refusal, 'setup.unavailable') && refusal.path).toBe('MILLRACE_PG_PORT');
  const other = await start({ port: { port, mustBe: false, variable: 'MILLRACE_PG_PORT' } });
  expect(other.port).not.toBe(port);
  taken.close();
});

test('a port that was asked for is used, and free again after the stop', async () => {
  const port = await freePort();
  const server = await start({ port: { port, mustBe: true, variable: 'MILLRACE_PG_PORT' } });
  expect(server.port).toBe(port);
  await server.stop();
  expect(await isFree(port)).toBe(true);
});

test('a lost or wrong password file is said at once, not waited for', async () => {
  await writeFile(join(home.path, 'postgres-password'), 'wrong');
  await expect(start()).rejects.toThrow(/did not start/);
  expect(await readFile(join(home.path, 'logs', 'postgres.log'), 'utf8')).toContain('password authentication failed');
});
