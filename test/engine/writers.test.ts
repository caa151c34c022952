import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectConnection, type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { contentHash } from '../support/millrace.js';
import { dropReader, openTransaction, plainReader, settling } from './support/sessions.js';

/** I4, one hazard a test: who may still write below the bound, and who is not waited for. */

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns();
});
afterAll(() => runs[Symbol.asyncDispose]());

const COLUMNS = `(id bigint generated always as identity primary key, at timestamptz not null default now(), note text)`;

async function makeTable(table: string, columns = COLUMNS): Promise<void> {
  await runs.source.query(`create table ${table} ${columns}; insert into ${table} (note) values ('first')`);
}

function connect(table: string, cursorField: string, more: object = {}, url = runs.source.url): DirectConnection {
  const stream = { name: `public.${table}`, mode: 'incremental_append', cursorField, settle: '50ms', ...more };
  return runs.connect([stream], { config: { url } });
}

const insert = (table: string, note = 'x'): string => `insert into ${table} (note) values ('${note}')`;

async function expectSame(table: string, columns = 'id, note'): Promise<void> {
  expect(await contentHash(runs.destination, table, columns)).toEqual(await contentHash(runs.source, table, columns));
}

describe('whoever writes to what a stream stands on counts', () => {
  test.each([
    [
      'a view over a view',
      'base_v',
      `create view over_v as select id, note from base_v; create view top_v as select * from over_v where true`,
      'top_v',
      'base_v',
    ],
    [
      'a partition, written by name',
      'parts',
      `create table parts_1 partition of parts for values from (0) to (100000)`,
      'parts',
      'parts_1',
    ],
    [
      'a partition, written through its root',
      'roots',
      `create table roots_1 partition of roots for values from (0) to (100000)`,
      'roots',
      'roots',
    ],
    ['a child by inheritance', 'parent', `create table child () inherits (parent)`, 'parent', 'child'],
    [
      'a view of a partition, written through its root',
      'deep',
      `create table deep_1 partition of deep for values from (0) to (100000); create view deep_v as select * from deep_1`,
      'deep_v',
      'deep',
    ],
  ])('I4: %s', async (_, base, more, stream, written) => {
    const partitioned = more.includes('partition of');
    await runs.source.query(
      `create sequence ${base}_ids; create table ${base} (id bigint not null default nextval('${base}_ids'), note text)
       ${partitioned ? 'partition by range (id)' : ''}; ${more}; ${insert(base, 'first')}`,
    );
    const connection = connect(stream, 'id');
    await connection.run();
    await using writer = await openTransaction(
      runs.source,
      `insert into ${written} (id, note) values (nextval('${base}_ids'), 'late')`,
    );
    await runs.source.query(insert(base, 'early'));
    const held = await connection.run();
    expect(held).toMatchObject({ rows: { loaded: 0 }, delayed: expect.stringContaining('shop backend') });
    await writer.end('commit');
    expect(await connection.run()).toMatchObject({ rows: { loaded: 2 }, delayed: undefined });
    await expectSame(stream);
  });

  test('I4: under a stronger lock, too, since the weaker one is held as well', async () => {
    await makeTable('locked');
    const connection = connect('locked', 'id');
    await connection.run();
    await using writer = await openTransaction(runs.source, `lock table locked in exclusive mode; ${insert('locked')}`);
    expect((await connection.run()).delayed).toContain('shop backend');
    await writer.end('commit');
    await connection.run();
    await expectSame('locked');
  });

  test.each(['share row exclusive', 'exclusive'])('a lock in %s mode alone writes nothing: not waited for', async (mode) => {
    const table = `only_${mode.replaceAll(' ', '_')}`;
    await makeTable(table);
    const connection = connect(table, 'id');
    await using _lock = await openTransaction(runs.source, `lock table ${table} in ${mode} mode`);
    expect(await connection.run()).toMatchObject({ rows: { loaded: 1 }, delayed: undefined });
  });

  test('SELECT FOR UPDATE writes no rows: not waited for', async () => {
    await makeTable('picked');
    await using _picker = await openTransaction(runs.source, 'select * from picked for update');
    expect((await connect('picked', 'id').run()).delayed).toBeUndefined();
  });

  test('a text cursor waits for who holds a lock on the table, not for others', async () => {
    await runs.source.query(`create table texts (id text primary key, note text); insert into texts values ('a', 'first')`);
    const connection = connect('texts', 'id');
    await connection.run();
    await using other = await openTransaction(runs.source, 'select 1');
    await using writer = await openTransaction(runs.source, `insert into texts values ('b', 'late')`);
    await runs.source.query(`insert into texts values ('c', 'early')`);
    expect((await connection.run()).delayed).toContain('pid');
    await writer.end('commit');
    expect((await connection.run()).rows.loaded).toBe(2);
    await other.end('rollback');
  });
});

describe('prepared transactions', () => {
  test.each(['id', 'at'])('I4: one that was prepared counts for a cursor by %s', async (cursor) => {
    const table = `prepared_${cursor}`;
    await makeTable(table);
    const connection = connect(table, cursor);
    await connection.run();
    const writer = await openTransaction(runs.source, insert(table));
    await writer.query(`prepare transaction '${table}'`);
    await writer.end('rollback');
    await runs.source.query(insert(table));
    expect(await connection.run()).toMatchObject({
      rows: { loaded: 0 },
      delayed: expect.stringContaining('prepared transaction'),
    });
    await runs.source.query(`commit prepared '${table}'`);
    await connection.run();
    await expectSame(table);
  });

  test.each(['id', 'at'])('I4: one that is prepared while it is waited for does not slip through (%s)', async (cursor) => {
    const table = `slipping_${cursor}`;
    await makeTable(table);
    const connection = connect(table, cursor, { settle: '1s' });
    await connection.run();
    const writer = await openTransaction(runs.source, insert(table));
    await runs.source.query(insert(table));
    const running = connection.run();
    await settling(runs.source);
    await writer.query(`prepare transaction '${table}'`);
    await writer.end('rollback');
    expect(await running).toMatchObject({ rows: { loaded: 0 }, delayed: expect.stringContaining('prepared transaction') });
    await runs.source.query(`commit prepared '${table}'`);
    await connection.run();
    await expectSame(table);
  });
});

describe('transactions whose start does not show', () => {
  test('I4: of another user, without rights on pg_stat_activity', async () => {
    await makeTable('hidden');
    const url = await plainReader(runs.source, 'sees_nothing');
    const connection = connect('hidden', 'at', {}, url);
    await connection.run();
    await using writer = await openTransaction(runs.source, insert('hidden'));
    await runs.source.query(insert('hidden'));
    expect(await connection.run()).toMatchObject({ rows: { loaded: 0 }, delayed: expect.stringContaining('shop backend') });
    await writer.end('commit');
    expect(await connection.run()).toMatchObject({ rows: { loaded: 2 }, delayed: undefined, unproven: undefined });
    await expectSame('hidden');
    await dropReader(runs.source, 'sees_nothing');
  });

  test('I4: of a session that does not track its activities', async () => {
    await makeTable('untracked');
    const connection = connect('untracked', 'at');
    await connection.run();
    const client = await openTransaction(runs.source, 'set track_activities = off');
    await client.query('commit');
    await client.query('begin');
    await client.query(insert('untracked'));
    await runs.source.query(insert('untracked'));
    expect(await connection.run()).toMatchObject({ rows: { loaded: 0 }, delayed: expect.stringContaining('shop backend') });
    await client.end('commit');
    await connection.run();
    await expectSame('untracked');
  });
});

describe('our own sessions', () => {
  test('a read of ours is not waited for', async () => {
    await makeTable('ours');
    await using _reader = await openTransaction(runs.source, 'select 1', { application: 'millrace/con_x/1/abc/1/read' });
    expect((await connect('ours', 'at').run()).delayed).toBeUndefined();
  });

  test('a load of ours is not waited for where it cannot write', async () => {
    await makeTable('elsewhere');
    await using _load = await openTransaction(runs.source, 'select 1', { application: 'millrace/con_x/1/abc/1' });
    expect((await connect('elsewhere', 'at').run()).delayed).toBeUndefined();
  });

  test('I4: a load of ours into the table that is read counts as any writer', async () => {
    await makeTable('target_of_ours', `(id int, at timestamptz default now(), note text, _millrace_run bigint)`);
    const connection = connect('target_of_ours', 'at', { columns: { exclude: ['_millrace_run'] } });
    await connection.run();
    await using load = await openTransaction(runs.source, insert('target_of_ours'), { application: 'millrace/con_x/1/abc/1' });
    await runs.source.query(insert('target_of_ours'));
    expect((await connection.run()).delayed).toContain('millrace/con_x');
    await load.end('commit');
  });
});

describe('settle', () => {
  test.each(['id', 'at'])('waits for exactly the writers of that moment: later ones are left alone (%s)', async (cursor) => {
    const table = `exact_${cursor}`;
    await makeTable(table);
    const connection = connect(table, cursor, { settle: '20s' });
    await connection.run();
    const first = await openTransaction(runs.source, insert(table, 'late'));
    await runs.source.query(insert(table, 'early'));
    const running = connection.run();
    await settling(runs.source);
    await using later = await openTransaction(runs.source, insert(table, 'later'));
    await first.end('commit');
    expect(await running).toMatchObject({ rows: { loaded: 2 }, delayed: undefined });
    await later.end('commit');
    await connection.run();
    await expectSame(table);
  });

  test('I4: a timestamptz cursor falls back to just below the oldest start of several that are left', async () => {
    await makeTable('several');
    const connection = connect('several', 'at');
    await connection.run();
    await runs.source.query(insert('several', 'before all'));
    const oldest = await openTransaction(runs.source, insert('several', 'oldest'));
    await runs.source.query(insert('several', 'between'));
    const newer = await openTransaction(runs.source, insert('several', 'newer'), { application: 'another one' });
    await runs.source.query(insert('several', 'after'));
    const held = await connection.run();
    expect(held).toMatchObject({
      rows: { loaded: 1 },
      delayed: expect.stringMatching(/shop backend.*another one|another one.*shop backend/),
    });
    await oldest.end('rollback');
    expect((await connection.run()).rows.loaded).toBe(1);
    await newer.end('commit');
    expect((await connection.run()).rows.loaded).toBe(2);
    await expectSame('several');
  });

  test.each([
    ['timestamp', 'localtimestamp'],
    ['date', 'current_date'],
  ])('I4: a cursor of type %s keeps its place while any transaction is open', async (type, now) => {
    const table = `naive_${type}`;
    await makeTable(table, `(id bigint generated always as identity, at ${type} default ${now}, note text)`);
    const connection = connect(table, 'at');
    await connection.run();
    await using other = await openTransaction(runs.source, 'select 1');
    await runs.source.query(insert(table));
    expect(await connection.run()).toMatchObject({ rows: { loaded: 0 }, delayed: expect.stringContaining('shop backend') });
    await other.end('rollback');
    expect((await connection.run()).rows.loaded).toBe(1);
    await expectSame(table);
  });
});

describe('under constant writing', { timeout: 60_000 }, () => {
  test.each([
    ['bigint', 'id', 'bigserial'],
    ['timestamp', 'at', 'timestamp default localtimestamp'],
    ['timestamptz(0)', 'at', 'timestamptz(0) default now()'],
  ])('I4: a cursor of type %s misses no row and doubles none', async (type, cursor, definition) => {
    const table = `busy_${type.replaceAll(/\W/g, '_')}`;
    const columns = cursor === 'id' ? `id ${definition}, note text` : `id bigserial, ${cursor} ${definition}, note text`;
    await runs.source.query(`create table ${table} (${columns})`);
    const connection = connect(table, cursor, { settle: '5s' });
    const writing = new AbortController();
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      for (let turn = 0; !writing.signal.aborted; turn++) {
        await using session = await openTransaction(runs.source, insert(table, `${writer}/${turn}`));
        if (turn % 3 === 0) await session.query(`select pg_sleep(0.03)`);
        await session.query(insert(table, `${writer}/${turn} again`));
        await session.end(turn % 7 === 6 ? 'rollback' : 'commit');
      }
    });
    let loaded = 0;
    // the first runs may all fall into the second that a rounded time still waits for
    for (let run = 0; run < 5 || (loaded === 0 && run < 100); run++) loaded += (await connection.run()).rows.loaded;
    writing.abort();
    await Promise.all(writers);
    expect(loaded, 'rows came while others were written').toBeGreaterThan(0);
    await runs.source.query(`select pg_sleep(${type === 'timestamptz(0)' ? 0.6 : 0})`); // a rounded time may lie ahead
    await connection.run();
    await expectSame(table);
  });
});
