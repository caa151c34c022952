import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../support/failure-of.js';
import { hasMariadb } from '../support/mariadb.js';
import { type MysqlScene, rowsOf, startMysqlScene } from './support/mysql-scene.js';

/** I4: no committed row of MySQL is passed over because its transaction was in flight when the bound was taken. */

let scene: MysqlScene;

describe.skipIf(!hasMariadb)('the upper bound of MySQL', () => {
  beforeAll(async () => {
    scene = await startMysqlScene();
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const append = (table: string, more: object = {}) =>
    scene.connect(table, { mode: 'incremental_append', cursorField: 'id', settle: '300ms', ...more });

  const makeTable = (name: string) =>
    scene.sql(`create table ${name} (id int auto_increment primary key, at timestamp(6) not null default current_timestamp(6), note varchar(20));
      insert into ${name} (note) values ('first')`);

  async function openWriter(sql: string): Promise<Connection> {
    const writer = await scene.mariadb.connect('shop');
    await writer.query(`begin; ${sql}`);
    return writer;
  }

  async function end(writer: Connection, how: 'commit' | 'rollback'): Promise<void> {
    await writer.query(how);
    await writer.end();
  }

  test.each(['id', 'at'])('I4: a row that commits late is not passed over: cursor %s', async (cursorField) => {
    const table = `late_${cursorField}`;
    await makeTable(table);
    const connection = append(table, { cursorField });
    await connection.run();
    const writer = await openWriter(`insert into ${table} (note) values ('late')`);
    await scene.sql(`insert into ${table} (note) values ('early')`);
    const held = await connection.run();
    expect(held.delayed).toMatch(/rows at or below .* may still be written by connection \d+ \(root\)/);
    expect(rowsOf(held).loaded).toBe(0);
    await end(writer, 'commit');
    expect(rowsOf(await connection.run()).loaded).toBe(2);
    await scene.expectSame(table, ['id', 'at', 'note']);
  });

  test('I4: a statement that runs has no transaction yet, and is waited for all the same', async () => {
    await makeTable('running');
    const connection = append('running', { cursorField: 'at' });
    await connection.run();
    const writer = await scene.mariadb.connect('shop');
    const [[{ id }]] = (await writer.query('select connection_id() as id')) as unknown as [[{ id: number }]];
    const slow = writer.query(`insert into running (note) select 'slow' from (select sleep(2)) as s`);
    await expect
      .poll(
        async () =>
          (
            await scene.mariadb.query(
              `select 1 as n from information_schema.processlist where id = ${id} and state = 'User sleep'`,
            )
          ).length,
      )
      .toBe(1);
    await scene.sql(`insert into running (note) values ('quick')`);
    const held = await connection.run();
    expect(held.delayed).toContain(`connection ${id}`);
    await slow;
    await writer.end();
    await connection.run();
    await scene.expectSame('running', ['id', 'at', 'note']);
  });

  test('I4: a writer that ends within settle is waited for, a later one is not', async () => {
    await makeTable('brief');
    const connection = append('brief', { settle: '30s' });
    await connection.run();
    const writer = await openWriter(`insert into brief (note) values ('late')`);
    await scene.sql(`insert into brief (note) values ('early')`);
    await scene.sql(`set global log_output = 'TABLE'; set global general_log = 1`);
    const running = connection.run();
    await expect.poll(looks).toBeGreaterThan(1); // the first one has come to its end
    const later = await openWriter(`insert into brief (note) values ('later')`);
    await end(writer, 'commit');
    const run = await running;
    await scene.sql('set global general_log = 0');
    expect({ ...rowsOf(run), delayed: run.delayed }).toMatchObject({ loaded: 2, delayed: undefined });
    await end(later, 'commit');
    await connection.run();
    await scene.expectSame('brief', ['id', 'at', 'note']);
  });

  /** How often a read has looked for writers. */
  const looks = async () =>
    (await scene.mariadb.query(`select 1 as n from mysql.general_log where argument like '%from information_schema.innodb_trx'`))
      .length;

  test('I4: what the server shows of an earlier moment does not count, however often somebody asks it', async () => {
    await makeTable('stale');
    const connection = append('stale');
    await connection.run();
    const asker = await scene.mariadb.connect('shop');
    const enough = new AbortController();
    const asked = (async () => {
      while (!enough.signal.aborted) await asker.query('select count(*) from information_schema.innodb_trx as t'); // nothing newer is shown meanwhile
    })();
    const writer = await openWriter(`insert into stale (note) values ('late')`);
    await scene.sql(
      `insert into stale (note) values ('early'); set global log_output = 'TABLE'; truncate mysql.general_log; set global general_log = 1`,
    );
    const running = connection.run();
    await expect.poll(looks, { timeout: 10_000 }).toBeGreaterThan(1);
    enough.abort();
    await asked;
    expect((await running).delayed).toContain('may still be written by connection');
    await scene.sql('set global general_log = 0');
    await Promise.all([asker.end(), end(writer, 'commit')]);
    await connection.run();
    await scene.expectSame('stale', ['id', 'at', 'note']);
  });

  test('I4: a prepared transaction that no session holds counts as a writer', async () => {
    await makeTable('two_phase');
    const connection = append('two_phase');
    await connection.run();
    const writer = await scene.mariadb.connect('shop');
    await writer.query(`xa start 'late'; insert into two_phase (note) values ('late'); xa end 'late'; xa prepare 'late'`);
    await writer.end();
    await scene.sql(`insert into two_phase (note) values ('early')`);
    expect((await connection.run()).delayed).toContain('a prepared transaction');
    await scene.sql(`xa commit 'late'`);
    await connection.run();
    await scene.expectSame('two_phase', ['id', 'at', 'note']);
  });

  test('who only reads, or has written nothing yet, holds nothing up', async () => {
    await makeTable('busy');
    const reader = await openWriter('select * from busy');
    const idle = await openWriter('select 1');
    const report = await scene.mariadb.connect('shop');
    const reporting = report.query('/* a report */ select sleep(1), busy.* from busy');
    expect((await append('busy').run()).delayed).toBeUndefined();
    await Promise.all([end(reader, 'rollback'), end(idle, 'rollback'), reporting.then(() => report.end())]);
  });

  test('many that look at once all see the present', async () => {
    await makeTable('crowd');
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, n) => append('crowd', { target: { table: `crowd_${n}` } }).run()),
    );
    expect(outcomes.map(({ unproven, rows }) => [unproven, rows.loaded])).toEqual(
      Array.from({ length: 6 }, () => [undefined, 1]),
    );
  });

  test('values of the future are left for their time', async () => {
    await scene.sql(`create table future (id int primary key, at timestamp(6) null, local datetime(6));
      insert into future values (1, utc_timestamp(6) - interval 1 hour, now(6) - interval 1 hour), (2, utc_timestamp(6) + interval 1 hour, now(6) + interval 1 hour)`);
    for (const cursorField of ['at', 'local']) {
      const target = { table: `future_${cursorField}` };
      await append('future', { cursorField, target }).run();
      expect(await scene.runs.destination.query(`select id from ${target.table}`)).toEqual([{ id: 1 }]);
    }
  });

  test.each([
    ['numbers below the largest', 'id', 2, [1]],
    ['time below the clock', 'at', '1h', [1, 2]],
  ])('holdBack leaves the newest for a later run: %s', async (_, cursorField, holdBack, loaded) => {
    const table = `held_back_${cursorField}`;
    await scene.sql(`create table ${table} (id bigint unsigned primary key, at datetime);
      insert into ${table} values (1, now() - interval 3 hour), (2, now() - interval 2 hour), (3, now() - interval 1 minute)`);
    await append(table, { cursorField, holdBack }).run();
    expect(
      (await scene.runs.destination.query<{ id: string }>(`select id from ${table} order by id`)).map(({ id }) => Number(id)),
    ).toEqual(loaded);
  });

  test('lag reads again what changed below the cursor', async () => {
    await scene.sql(`create table lagging (id int primary key, at datetime(6), note varchar(20));
      insert into lagging values (1, '2024-01-01 00:00:00', 'a'), (2, '2024-01-01 01:00:00', 'b'), (3, '2024-01-01 01:10:00', 'c')`);
    const connection = append('lagging', { mode: 'incremental_deduped', cursorField: 'at', lag: '30m', dedup: 'last_load_wins' });
    await connection.run();
    await scene.sql(`update lagging set note = 'seen' where id = 2; update lagging set note = 'too old' where id = 1`);
    await connection.run();
    expect(await scene.runs.destination.query('select note from lagging order by id')).toEqual([
      { note: 'a' },
      { note: 'seen' },
      { note: 'c' },
    ]);
  });

  test('NULL cursors: included once, excluded, or an error', async () => {
    await scene.sql(`create table nulls (id int, at datetime); insert into nulls values (1, '2024-01-01'), (2, null)`);
    const by = (nullCursor: string) =>
      append('nulls', { cursorField: 'at', nullCursor, target: { table: `nulls_${nullCursor}` } });
    const include = by('include');
    for (let n = 0; n < 2; n++) await include.run();
    await by('exclude').run();
    expect(await scene.runs.destination.query('select id from nulls_include order by id')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await scene.runs.destination.query('select id from nulls_exclude')).toEqual([{ id: 1 }]);
    expect(await failureOf(by('error').run())).toMatchObject({ code: 'source.null_cursor' });
  });

  test('a user who may not see transactions reads on an unproven bound, and appends only if somebody accepts that', async () => {
    await makeTable('hidden');
    await scene.sql(`create user blind@'127.0.0.1' identified by 'p'; grant select on shop.* to blind@'127.0.0.1'`);
    const url = `mysql://blind:p@127.0.0.1:${scene.mariadb.port}/shop`;
    const stream = { mode: 'incremental_append', cursorField: 'id' };
    expect(await failureOf(scene.connect('hidden', stream, url).run())).toMatchObject({
      code: 'source.bound_unproven',
      message: expect.stringContaining('grant PROCESS'),
    });
    const accepted = await scene
      .connect('hidden', { ...stream, unprovenBound: 'accept', target: { table: 'hidden_too' } }, url)
      .run();
    expect(accepted).toMatchObject({ unproven: expect.stringContaining('PROCESS'), rows: { loaded: 1 } });
  });
});
