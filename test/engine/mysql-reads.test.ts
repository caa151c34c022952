import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../support/failure-of.js';
import { hasMariadb } from '../support/mariadb.js';
import { type MysqlScene, rowsOf, runKilled, startMysqlScene } from './support/mysql-scene.js';

/** Reads of MySQL in many slices that are stopped at every edge, by every kind of key and cursor. */

let scene: MysqlScene;

const KEYS: readonly (readonly [string, string, string])[] = [
  ['bigint unsigned beyond 2^63', 'a bigint unsigned primary key', '18446744073709551615 - seq'],
  [
    'text whose collation ignores case',
    `a varchar(40) collate utf8mb4_general_ci primary key`,
    `concat(elt(1 + seq % 4, 'anna', 'BERT', 'Zoé', 'ZOE '), seq)`,
  ],
  [
    'text in which one word is many keys, and a number',
    'a varchar(40) collate utf8mb4_unicode_ci, b int, primary key (a, b)',
    `elt(1 + seq % 6, 'key', 'KEY', 'Kéy', 'key ', 'kez', 'kex'), seq`,
  ],
  [
    'latin1 text',
    'a varchar(40) character set latin1 collate latin1_german2_ci primary key',
    `concat(elt(1 + seq % 3, 'ä', 'ae', 'z'), 'x', seq)`,
  ],
  ['bytes', 'a binary(16) primary key', 'unhex(md5(seq))'],
  ['decimal', 'a decimal(65,30) primary key', '(cast(seq as signed) - 1000) * 0.000000000000000000000000000001'],
  ['float', 'a float, b int, primary key (a, b)', 'seq / 7, seq'],
  [
    'date and time',
    'a datetime(6), b date, primary key (b, a)',
    `'2024-01-01' + interval seq microsecond, '2024-01-01' + interval seq % 3 day`,
  ],
  [
    'timestamp and duration',
    'a timestamp(3), b time(3), primary key (b, a)',
    `'2024-01-01' + interval seq second, sec_to_time(cast(seq as signed) % 5 - 2)`,
  ],
  [
    'dates of which parts are missing',
    `a date, b int, primary key (a, b)`,
    `elt(1 + seq % 3, '0000-00-00', '2024-00-00', '2024-01-01'), seq`,
  ],
  [
    'uuid',
    'a uuid primary key',
    `concat_ws('-', left(md5(seq), 8), mid(md5(seq), 9, 4), concat('4', mid(md5(seq), 14, 3)), concat('a', mid(md5(seq), 18, 3)), right(md5(seq), 12))`,
  ],
  ['a unique index instead of a key', 'a int not null, unique (a)', 'seq'],
  ['enum, which cannot be sliced', `a enum('z', 'b', 'a'), b int, primary key (a, b)`, `elt(1 + seq % 3, 'a', 'b', 'z'), seq`],
];

/** Keys that both sides print in the same way, and that Postgres takes. */
const ALIKE = /^(?!bytes|float|dates of which)/;

describe.skipIf(!hasMariadb)('reads of MySQL', () => {
  beforeAll(async () => {
    scene = await startMysqlScene();
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test.each(KEYS)('a full read goes on behind any slice edge: %s', async (name, key, values) => {
    const table = `keyed_${name.replaceAll(/\W+/g, '_')}`;
    await scene.sql(`set sql_mode = ''; create table ${table} (${key}, filler varchar(200) not null) default charset utf8mb4;
      insert into ${table} select ${values}, repeat('x', 100) from seq_1_to_3500; analyze table ${table}`);
    const killed = await runKilled(scene.connect(table));
    expect(killed).toBeGreaterThan(name.startsWith('enum') ? 0 : 5);
    if (ALIKE.test(name)) return await scene.expectSame(table, key.includes('b ') ? ['a', 'b', 'filler'] : ['a', 'filler']);
    const there = await scene.mariadb.query(
      `select count(*) as n from shop.${table} where a <> '0000-00-00' and a <> '2024-00-00'`,
    );
    const here = await scene.runs.destination.query(`select count(*)::text as n, count(distinct t)::text as d from ${table} t`);
    expect(here).toEqual([{ n: there[0]?.['n'], d: there[0]?.['n'] }]);
  });

  test.each(['incremental_append', 'incremental_deduped'])(
    'I2: the first read is killed at every edge, NULLs and ties included: %s',
    async (mode) => {
      const table = `first_${mode}`;
      await scene.sql(`create table ${table} (id int primary key, at bigint, filler text);
      insert into ${table} select seq, if(seq % 10 > 0, seq div 100, null), repeat('x', 100) from seq_1_to_5000; analyze table ${table}`);
      const connection = scene.connect(table, { mode, cursorField: 'at' });
      expect(await runKilled(connection)).toBeGreaterThan(6);
      await scene.sql(`insert into ${table} select seq, 50, 'tied' from seq_5001_to_5010`);
      await connection.run();
      await scene.expectSame(table, ['id', 'at', 'filler']);
    },
  );

  const CURSORS: readonly (readonly [string, string, string])[] = [
    ['timestamp', 'timestamp(6) null', `'2024-01-01' + interval seq div 700 second`],
    ['datetime', 'datetime(3)', `'2024-01-01' + interval seq div 700 second`],
    ['date', 'date', `'2024-01-01' + interval seq div 700 day`],
    ['unsigned', 'bigint unsigned', '18446744073709551000 + seq div 700'],
    ['decimal', 'decimal(65,30)', '1 + (seq div 700) * 0.000000000000000000000000000001'],
    ['text', 'varchar(20) collate utf8mb4_general_ci', `elt(1 + seq div 700, 'B', 'a', 'A', 'b', '', 'Z', 'z', 'é')`],
    ['year', 'year', '2000 + seq div 700'],
  ];

  test.each(CURSORS)(
    'I2: what comes at and above a cursor is read once, in slices that are killed: %s',
    async (name, type, value) => {
      const table = `after_${name}`;
      await scene.sql(`create table ${table} (id int primary key, at ${type}, filler varchar(200), index (at));
      insert into ${table} select seq, ${value}, repeat('x', 100) from seq_1_to_5000 where seq div 700 < 3; analyze table ${table}`);
      const connection = scene.connect(table, { mode: 'incremental_append', cursorField: 'at' });
      await connection.run();
      await scene.sql(`insert into ${table} select seq, ${value}, repeat('x', 100) from seq_1_to_5000 where seq div 700 >= 3;
      insert into ${table} select 10000 + seq, (select max(at) from ${table} as t where id < 2100), 'tied' from seq_1_to_5; analyze table ${table}`);
      const columns = ['id', ...(name === 'timestamp' ? [] : ['at']), 'filler'];
      await runKilled(connection);
      if (name !== 'text') await scene.expectSame(table, columns);
      expect(rowsOf(await connection.run())).toMatchObject({ loaded: 0 });
    },
  );

  test('without a key a table comes from one snapshot, whatever happens between its files', async () => {
    await scene.sql(
      `create table snapped (i int, filler varchar(200)); insert into snapped select seq, repeat('z', 100) from seq_1_to_30000`,
    );
    const before = await scene.mariadb.query('select count(*) as n, sum(i) as s from shop.snapped');
    const url = scene.mariadb.url('shop');
    const running = scene.connect('snapped', {}, url).run();
    await scene.sql('start transaction; delete from snapped where i % 3 = 0; update snapped set i = i + 1000000; commit');
    await running;
    const [held] = await scene.runs.destination.query('select count(*)::text as n, sum(i)::text as s from snapped');
    const after = await scene.mariadb.query('select count(*) as n, sum(i) as s from shop.snapped');
    expect([before[0], after[0]]).toContainEqual(held); // all of before or all of after, never some of each
  });

  test('a row of more than 16 MB, and a slice whose rows are larger than statistics say', async () => {
    await scene.sql(`set global max_allowed_packet = 67108864; create table large (id int primary key, v longtext)`);
    const connection = await scene.mariadb.connect('shop');
    await connection.query(`insert into large values (1, repeat('a"b', 6000000)), (2, ''), (3, repeat('ü', 8388607)), (4, null)`);
    await connection.end();
    await scene.sql(`insert into large select seq, repeat('y', 1000000) from seq_5_to_16`);
    const run = await scene.connect('large').run();
    expect(run.slices).toBeGreaterThan(1);
    const there = await scene.mariadb.query('select id, md5(v) as v from shop.large order by id');
    expect(await scene.runs.destination.query('select id::text, md5(v) as v from large order by large.id')).toEqual(there);
  });

  test('a filter is applied by the server, exactly, and by values of the column only', async () => {
    await scene.sql(`create table filtered (id int primary key, state varchar(20) collate utf8mb4_general_ci, at datetime, n decimal(10,2), raw varbinary(4), index (state));
      insert into filtered values (1, 'paid', '2024-01-01', 1.10, 0x00), (2, 'PAID', '2024-01-02', 2.00, 0xFF), (3, 'paid ', '2024-01-03', null, null), (4, null, null, 1.1, 0x00)`);
    let asked = 0;
    const ids = async (filter: readonly object[]) => {
      const table = `filtered_${++asked}`;
      await scene.connect('filtered', { filter, target: { table } }).run();
      return (await scene.runs.destination.query<{ id: number }>(`select id from ${table} order by id`)).map(({ id }) => id);
    };
    expect(await ids([{ field: 'state', is: '=', value: 'paid' }])).toEqual([1]);
    expect(await ids([{ field: 'state', is: '!=', value: 'paid' }])).toEqual([2, 3]);
    expect(await ids([{ field: 'state', is: 'in', value: ['PAID', 'paid '] }])).toEqual([2, 3]);
    expect(await ids([{ field: 'state', is: '<', value: 'a' }])).toEqual([2]);
    expect(await ids([{ field: 'at', is: '>=', value: '2024-01-02T00:00:00Z' }])).toEqual([2, 3]);
    expect(await ids([{ field: 'n', is: '=', value: '1.1' }])).toEqual([1, 4]);
    expect(await ids([{ field: 'raw', is: '=', value: '00' }])).toEqual([1, 4]);
    expect(await ids([{ field: 'state', is: 'null' }])).toEqual([4]);
    for (const [field, value] of [
      ['id', '1 or true'],
      ['at', 'yesterday'],
      ['n', '1,1'],
    ] as const)
      expect(await failureOf(scene.connect('filtered', { filter: [{ field, is: '=', value }] }).run())).toMatchObject({
        code: 'source.bad_filter',
      });
    expect(await ids([{ field: 'state', is: '=', value: `' or true or '` }])).toEqual([]);
  });
});
