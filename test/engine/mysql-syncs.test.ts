import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import mysql from '../../connectors/sources/mysql/index.js';
import { failureOf } from '../support/failure-of.js';
import { faultProxy } from '../support/fault-proxy.js';
import { type Mariadb, hasMariadb, startMariadb } from '../support/mariadb.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { tempHome } from '../support/temp-home.js';
import { expectSameRows } from './support/mysql-scene.js';

/** MySQL through the API, Temporal and workers that die. */

let mariadb: Mariadb;

const sourceOf = (url: string) => ({ connector: 'mysql', config: { url } });

async function expectSucceeded(millrace: Millrace, id: string): Promise<void> {
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams)).toBe('succeeded');
}

const BIG = (
  table: string,
) => `create table shop.${table} (a varchar(20), b int, at timestamp(6) null, filler varchar(200), primary key (a, b));
  insert into shop.${table} select concat('k', seq % 7), seq, '2024-01-01' + interval seq % 50 second, repeat('x', 100) from seq_1_to_6000; analyze table shop.${table}`;

describe.skipIf(!hasMariadb)('syncs of MySQL', () => {
  beforeAll(async () => {
    mariadb = await startMariadb();
    await mariadb.database('shop');
  });
  afterAll(() => mariadb?.[Symbol.asyncDispose]());

  test.each([
    ['a full read by key', 'full_refresh_overwrite', {}],
    ['the first read of an incremental stream', 'incremental_append', { cursorField: 'at' }],
  ])('I2: a worker that is killed in the middle of a slice of %s', { timeout: 120_000 }, async (_, mode, more) => {
    await using millrace = await startMillrace({ worker: false, sliceBytes: 100_000 });
    const table = `big_${mode}`;
    await mariadb.query(BIG(table));
    await using proxy = await faultProxy(mariadb.url('shop'));
    const first = await millrace.workerProcess();
    const stream = { name: `shop.${table}`, mode, ...more, target: { table } };
    const id = await millrace.connect([stream], { source: sourceOf(proxy.url) });
    const frozen = proxy.trap({ on: 'order by `a`, `b` limit', skip: 3, freeze: 'before' });
    const runId = await millrace.request(id);
    await frozen;
    await first.kill('SIGKILL');
    await millrace.workerProcess();
    const run = await millrace.ended(runId);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    await expectSameRows(mariadb, millrace.destination, { table, columns: ['a', 'b', 'at', 'filler'] });
  });

  test('a server that goes away in the middle of the rows is asked again', { timeout: 120_000 }, async () => {
    await using millrace = await startMillrace({ sliceBytes: 100_000 });
    await mariadb.query(BIG('cut'));
    await using proxy = await faultProxy(mariadb.url('shop'));
    const id = await millrace.connect([{ name: 'shop.cut', mode: 'mirror', target: { table: 'cut' } }], {
      source: sourceOf(proxy.url),
    });
    const frozen = proxy.trap({ on: 'order by `a`, `b` limit', skip: 2, freeze: 'after' });
    const runId = await millrace.request(id);
    await frozen;
    proxy.cut();
    const run = await millrace.ended(runId);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    await expectSameRows(mariadb, millrace.destination, { table: 'cut', columns: ['a', 'b', 'at', 'filler'] });
  });

  test('names: reserved words, quotes, backticks, emoji, dots, names that differ only in case', async () => {
    await using millrace = await startMillrace();
    const columns = ['id', 'select', 'a"b', 'back`tick', "o'clock", 'a.b', 'ünï', '%s $1', 'semi;colon', 'c'.repeat(63), 'Case'];
    const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
    const tables = ['Odd `Table`', 'odd "table"', 'with.dot', 'ünï'];
    const database = 'odd`data base';
    await mariadb.database(database);
    for (const table of tables)
      await mariadb.query(`create table ${quoted(database)}.${quoted(table)} (${columns.map((name) => `${quoted(name)} int`).join(', ')}, primary key (id, ${quoted('a.b')}));
        insert into ${quoted(database)}.${quoted(table)} values (${columns.map((_, n) => n).join(', ')})`);
    const streams = tables.flatMap((table, n) => [
      { name: `${database}.${table}`, mode: 'full_refresh_overwrite', target: { table: `full_${n}` } },
    ]);
    const id = await millrace.connect(streams, { source: sourceOf(mariadb.url(database)) });
    await expectSucceeded(millrace, id);
    const select = columns.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ');
    for (const n of tables.keys())
      expect(Object.values((await millrace.destination.query(`select ${select} from full_${n}`))[0] ?? {})).toEqual([
        ...columns.keys(),
      ]);
    const deduped = {
      name: `${database}.${tables[0]}`,
      mode: 'incremental_deduped',
      cursorField: 'back`tick',
      target: { table: 'deduped' },
    };
    const other = await millrace.connect([deduped], { source: sourceOf(mariadb.url(database)) });
    await expectSucceeded(millrace, other);
    await mariadb.query(`update ${quoted(database)}.${quoted('Odd `Table`')} set ${quoted('back`tick')} = 100`);
    await expectSucceeded(millrace, other);
    expect(await millrace.destination.query('select "back`tick" as c from deduped')).toEqual([{ c: 100 }]);
  });

  test('changes are merged, deletions are mirrored, a backfill reads its window, the plan counts', async () => {
    await using millrace = await startMillrace();
    await mariadb.query(`create table shop.orders (id int primary key, at datetime(6), note varchar(50));
      insert into shop.orders select seq, '2024-01-01' + interval seq minute, concat('n', seq) from seq_1_to_1000`);
    const streams = [
      { name: 'shop.orders', mode: 'incremental_deduped', cursorField: 'at', target: { table: 'deduped' } },
      { name: 'shop.orders', mode: 'incremental_append', cursorField: 'at', target: { table: 'appended' } },
      { name: 'shop.orders', mode: 'mirror', target: { table: 'mirrored' } },
    ];
    const ids = await Promise.all(streams.map((stream) => millrace.connect([stream], { source: sourceOf(mariadb.url('shop')) })));
    for (const id of ids) await expectSucceeded(millrace, id);
    await mariadb.query(
      `update shop.orders set note = 'changed', at = '2025-01-01' where id <= 10; delete from shop.orders where id > 990`,
    );
    const plan = await millrace.call('POST', `/v1/connections/${ids[0]}/plan`, {});
    expect(plan.body.streams[0].rows, JSON.stringify(plan.body)).toEqual({ count: 10, exact: true, again: 0 });
    for (const id of ids) await expectSucceeded(millrace, id);
    const counts = await millrace.destination.query(
      `select (select count(*) from deduped where note = 'changed')::int as deduped, (select count(*) from appended)::int as appended, (select count(*) from mirrored)::int as mirrored`,
    );
    expect(counts).toEqual([{ deduped: 10, appended: 1010, mirrored: 990 }]);
    const backfill = { streams: ['shop.orders'], backfill: { from: '2024-01-01 10:00:00', to: '2024-01-01 11:00:00' } };
    await mariadb.query(`update shop.orders set note = 'late' where id between 610 and 620`);
    const run = await millrace.sync(ids[0] ?? '', backfill);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    expect(await millrace.destination.query(`select count(*)::int as n from deduped where note = 'late'`)).toEqual([{ n: 11 }]);
  });

  const contextOf = (url: string, signal = new AbortController().signal) => ({
    config: mysql.config.parse({ url }),
    ...{ signal, sessionName: 'millrace/con_1/1/t/1' },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  });

  test('discovery tells tables, views, keys and types, of the databases that are asked for only', async () => {
    const name = await mariadb.database('catalog');
    await mariadb.query(`create table catalog.keyed (b int not null, a varchar(10) not null, c json, d bool, primary key (a, b));
      create table catalog.uniques (a int unique, b varchar(20) not null, c int not null, e enum('x', 'y'), unique (b(3)), unique second (c));
      create table catalog.keyless (a int, g point); create view catalog.seen as select a from catalog.keyed; create sequence catalog.s`);
    const { streams } = await mysql.discover(contextOf(mariadb.url(name)));
    const told = streams.map((stream) => [
      stream.name,
      stream.kind,
      stream.primaryKey,
      stream.fields.map(({ type }) => type).join(),
    ]);
    expect(told).toEqual([
      ['catalog.keyed', 'table', ['a', 'b'], 'int32,string,json,boolean'],
      ['catalog.keyless', 'table', undefined, 'int32,opaque'],
      ['catalog.seen', 'view', undefined, 'string'],
      ['catalog.uniques', 'table', ['c'], 'int32,string,int32,string'],
    ]);
    expect(streams[0]?.fields[1]).toEqual({
      name: 'a',
      type: 'string',
      nullable: false,
      native: { system: 'mysql', type: 'varchar(10)' },
    });
  });

  test.each([
    ['a wrong password', (url: URL) => void (url.password = 'hunter2'), 'connector.auth_failed'],
    ['a database that is not there', (url: URL) => void (url.pathname = '/nowhere'), 'connector.invalid_config'],
    ['a port where nobody listens', (url: URL) => void (url.port = '1'), 'connector.unreachable'],
    ['TLS that the server does not have', (url: URL) => void (url.search = '?ssl-mode=REQUIRED'), 'connector.invalid_config'],
  ])('%s: an error of the catalogue, without the password', async (_, spoil, code) => {
    const url = new URL(mariadb.url('shop'));
    spoil(url);
    const failure = await failureOf(mysql.check(contextOf(url.href)));
    expect(failure.code).toBe(code);
    expect(failure.message).not.toMatch(/hunter2|p%C3%A4ssword|pässword/);
  });

  test('a connection that is lost between the rows is a passing fault, and never the end of the table', async () => {
    await using home = await tempHome('mysql-lost');
    await mariadb.query(
      `create table shop.long_table (a int, filler varchar(200)); insert into shop.long_table select seq, repeat('z', 200) from seq_1_to_200000`,
    );
    const context = contextOf(mariadb.url('shop'));
    const { streams } = await mysql.discover(context, ['shop.long_table']);
    const stream = streams[0] ?? expect.fail('no stream');
    const request = {
      stream,
      fields: stream.fields,
      sync: 'full',
      primaryKey: [],
      nullCursor: 'include',
      rereadNullCursor: false,
      settleMs: 0,
    } as const;
    const limits = { position: { kind: 'start' }, sliceRows: 1_000_000, sliceBytes: 1_000_000, tempDir: home.path } as const;
    const events = mysql.read(context, { ...request, ...limits })[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ kind: 'file' });
    const [reader] = await mariadb.query(`select id from information_schema.processlist where info like '/* millrace/%'`);
    await mariadb.query(`kill ${reader?.['id']}`);
    const rest = async () => {
      for (let next = await events.next(); !next.done; next = await events.next())
        if (next.value.kind === 'mark') return 'a mark';
      return 'the end';
    };
    expect(await failureOf(rest())).toMatchObject({ code: 'connector.transient' });
  });

  test('a read that is cancelled ends its statement on the server', async () => {
    const stop = new AbortController();
    await mariadb.query('create view shop.slow as select sleep(60) as a, 1 as b');
    const context = contextOf(mariadb.url('shop'), stop.signal);
    const { streams } = await mysql.discover(context, ['shop.slow']);
    const stream = streams[0] ?? expect.fail('no stream');
    const events = mysql.preview?.(context, { stream, fields: stream.fields, limit: 5, tempDir: '/tmp' })[Symbol.asyncIterator]();
    const sleeping = () => mariadb.query(`select id from information_schema.processlist where state = 'User sleep'`);
    const ended = failureOf(events?.next() ?? Promise.resolve());
    await expect.poll(async () => (await sleeping()).length).toBe(1);
    stop.abort(new Error('cancelled'));
    await ended;
    await expect.poll(async () => (await sleeping()).length, { timeout: 10_000 }).toBe(0);
  });
});
