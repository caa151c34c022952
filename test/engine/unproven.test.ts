import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startPostgres } from '../../platform/postgres/server.js';
import { type DirectConnection, type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { failureOf } from '../support/failure-of.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';

/** Servers whose writers nobody can see: a standby, and one that is fed by logical replication. Both are a server of this file. */

let runs: DirectRuns;
let home: TempHome;
let server: EmbeddedPostgres;

beforeAll(async () => {
  [runs, home] = await Promise.all([startDirectRuns(), tempHome('unproven')]);
  server = await start();
  await query('postgres', 'alter system set wal_level = logical');
  await query('postgres', 'create database publisher', 'create database subscriber');
  await restart();
});
afterAll(async () => {
  await server.stop();
  await runs[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function start(): Promise<EmbeddedPostgres> {
  await mkdir(home.path, { recursive: true });
  const port = { port: 0, mustBe: false, variable: 'MILLRACE_PG_PORT' };
  return startPostgres({ home: home.path, port, databases: [], say: () => undefined });
}

async function restart(): Promise<void> {
  await server.stop();
  server = await start();
}

async function query(database: string, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

function connect(database: string, table: string, more: object = {}): DirectConnection {
  const stream = { name: `public.${table}`, mode: 'incremental_append', cursorField: 'id', ...more };
  return runs.connect([stream], { config: { url: server.url(database) } });
}

async function expectUnproven(database: string, table: string, why: string): Promise<void> {
  expect(await failureOf(connect(database, table).run())).toEqual({
    code: 'source.bound_unproven',
    message: expect.stringContaining(why),
  });
  const merging = connect(database, table, { mode: 'incremental_deduped', target: { table: `${table}_merged` } });
  expect(await merging.run()).toMatchObject({ rows: { loaded: 2 }, unproven: expect.stringContaining(why) });
  const heldBack = connect(database, table, { holdBack: 1, target: { table: `${table}_held` } });
  expect(await heldBack.run()).toMatchObject({ rows: { loaded: 1 }, unproven: expect.stringContaining(why) });
}

test('a table that is filled by logical replication, and a view on it', async () => {
  await query('publisher', 'create table fed (id int primary key)', 'create publication all_of_it for table fed');
  await query('publisher', `select pg_create_logical_replication_slot('feeding', 'pgoutput')`);
  await query(
    'subscriber',
    'create table fed (id int primary key); create view of_fed as select id from fed; create table not_fed (id int primary key); insert into not_fed values (1)',
    `create subscription feeding connection '${server.url('publisher')}' publication all_of_it with (create_slot = false)`,
  );
  await query('publisher', 'insert into fed values (1), (2)');
  await waitFor(async () => (await query('subscriber', 'select 1 from fed')).length === 2, { what: 'rows are replicated' });
  await expectUnproven('subscriber', 'fed', 'logical replication');
  expect(await connect('subscriber', 'of_fed', { mode: 'incremental_deduped', primaryKey: ['id'] }).run()).toMatchObject({
    unproven: expect.stringContaining('fed is filled by logical replication'),
  });
  expect(await connect('subscriber', 'not_fed').run()).toMatchObject({ rows: { loaded: 1 }, unproven: undefined });
  await query(
    'subscriber',
    'alter subscription feeding disable',
    'alter subscription feeding set (slot_name = none)',
    'drop subscription feeding',
  );
  await query('publisher', `select pg_drop_replication_slot('feeding')`);
});

test('a standby: its long queries hold nothing up, either', async () => {
  await query(
    'postgres',
    `create table primary_s (id int primary key, at timestamptz default now()); insert into primary_s (id) values (1), (2)`,
  );
  await server.stop();
  await writeFile(join(home.path, 'postgres', 'standby.signal'), '');
  server = await start();
  expect(await query('postgres', 'select pg_is_in_recovery() as standby')).toEqual([{ standby: true }]);
  await expectUnproven('postgres', 'primary_s', 'standby');
  const reader = new pg.Client({ connectionString: server.url('postgres') });
  await reader.connect();
  await reader.query('begin; select 1');
  const timed = { mode: 'incremental_deduped', cursorField: 'at', settle: '0s', target: { table: 'timed' } };
  expect(await connect('postgres', 'primary_s', timed).run()).toMatchObject({ rows: { loaded: 2 }, delayed: undefined });
  await reader.end();
});
