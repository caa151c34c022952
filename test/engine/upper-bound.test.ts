import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** A session that has written and not committed yet. */
async function openWriter(sql: string, application = 'shop backend'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: millrace.source.url, application_name: application });
  await client.connect();
  await client.query('begin');
  await client.query(sql);
  return client;
}

async function end(client: pg.Client, how: 'commit' | 'rollback'): Promise<void> {
  await client.query(how);
  await client.end();
}

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, at')).toEqual(await contentHash(millrace.source, table, 'id, at'));
}

test('I4: a row that commits late, below a later row that is there already, is not passed over', async () => {
  const { source } = millrace;
  await source.query(
    `create table late (id bigserial primary key, at timestamptz not null default now()); insert into late default values`,
  );
  const id = await millrace.connect([{ name: 'public.late', mode: 'incremental_append', cursorField: 'id', settle: '200ms' }]);
  await millrace.sync(id);
  const writer = await openWriter('insert into late default values');
  await source.query('insert into late default values');
  const held = await millrace.sync(id);
  expect(held.status).toBe('delayed');
  expect(held.streams[0]?.notes.join()).toContain('shop backend');
  expect(held.streams[0]?.rows.loaded).toBe(0);
  await end(writer, 'commit');
  expect((await millrace.sync(id)).streams[0]?.rows.loaded).toBe(2);
  await expectSame('late');
});

test('I4: a timestamp cursor is read up to just below the oldest open transaction', async () => {
  const { source } = millrace;
  await source.query(
    `create table clocked (id int primary key, at timestamptz not null default now()); insert into clocked values (1)`,
  );
  const id = await millrace.connect([{ name: 'public.clocked', mode: 'incremental_append', cursorField: 'at', settle: '200ms' }]);
  await millrace.sync(id);
  await source.query('insert into clocked values (2)');
  const writer = await openWriter('insert into clocked values (3)');
  await source.query('insert into clocked values (4)');
  const held = await millrace.sync(id);
  expect(held.status).toBe('delayed');
  expect(await millrace.destination.query('select id from clocked order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  await end(writer, 'commit');
  await millrace.sync(id);
  await expectSame('clocked');
});

test('I4: a writer that ends within settle is waited for', async () => {
  const { source } = millrace;
  await source.query(
    `create table brief (id int primary key, at timestamptz not null default now()); insert into brief values (1)`,
  );
  const id = await millrace.connect([{ name: 'public.brief', mode: 'incremental_append', cursorField: 'id' }]);
  await millrace.sync(id);
  const writer = await openWriter('insert into brief values (2)');
  await source.query('insert into brief values (3)');
  const running = millrace.sync(id);
  await source.query(`select 1 from pg_locks where relation = 'brief'::regclass`);
  await end(writer, 'commit');
  expect((await running).status).toBe('succeeded');
  await expectSame('brief');
});

test('I4: a prepared transaction counts as a writer', async () => {
  const { source } = millrace;
  const [setting] = await source.query<{ max: string }>(`select current_setting('max_prepared_transactions') as max`);
  await source.query(
    `create table two_phase (id int primary key, at timestamptz not null default now()); insert into two_phase values (1)`,
  );
  const id = await millrace.connect([
    { name: 'public.two_phase', mode: 'incremental_append', cursorField: 'id', settle: '200ms' },
  ]);
  await millrace.sync(id);
  expect(Number(setting?.max), 'the test server allows prepared transactions').toBeGreaterThan(0);
  const client = await openWriter('insert into two_phase values (2)');
  await client.query(`prepare transaction 'late'`);
  await client.end();
  await source.query('insert into two_phase values (3)');
  const held = await millrace.sync(id);
  expect(held.status).toBe('delayed');
  expect(held.streams[0]?.notes.join()).toContain('prepared transaction');
  await source.query(`commit prepared 'late'`);
  await millrace.sync(id);
  await expectSame('two_phase');
});

test('a reader in flight holds nothing up for an integer cursor', async () => {
  const { source } = millrace;
  await source.query(
    `create table busy (id int primary key, at timestamptz not null default now()); insert into busy values (1)`,
  );
  const id = await millrace.connect([{ name: 'public.busy', mode: 'incremental_append', cursorField: 'id', settle: '200ms' }]);
  const reader = await openWriter('select * from busy');
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await end(reader, 'rollback');
});

test('values of the future are left for their time', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table future (id int primary key, at timestamptz); insert into future values (1, now() - interval '1 h'), (2, now() + interval '1 h'), (3, 'infinity')`,
  );
  const id = await millrace.connect([{ name: 'public.future', mode: 'incremental_append', cursorField: 'at' }]);
  await millrace.sync(id);
  expect(await destination.query('select id from future')).toEqual([{ id: 1 }]);
});

test('NULL cursors: included once, excluded, or an error', async () => {
  const { source, destination } = millrace;
  await source.query(`create table nulls (id int, at timestamptz); insert into nulls values (1, '2024-01-01'), (2, null)`);
  const connect = (nullCursor: string) =>
    millrace.connect([
      {
        name: 'public.nulls',
        mode: 'incremental_append',
        cursorField: 'at',
        nullCursor,
        target: { table: `nulls_${nullCursor}` },
      },
    ]);
  const [include, exclude, error] = [await connect('include'), await connect('exclude'), await connect('error')];
  for (const id of [include, include, exclude]) expect((await millrace.sync(id)).status).toBe('succeeded');
  expect(await destination.query('select id from nulls_include order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  expect(await destination.query('select id from nulls_exclude')).toEqual([{ id: 1 }]);
  const refused = await millrace.sync(error);
  expect(refused).toMatchObject({ status: 'failed', error: { code: 'source.null_cursor' } });
});
