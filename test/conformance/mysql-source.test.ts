import { afterAll, describe, test } from 'vitest';
import { describeSource } from '../../connectors/sdk/testing/index.js';
import type { SourceHarness } from '../../connectors/sdk/testing/index.js';
import source from '../../connectors/sources/mysql/index.js';
import { type Mariadb, hasMariadb, startMariadb } from '../support/mariadb.js';

let mariadb: Mariadb | undefined;
afterAll(() => mariadb?.[Symbol.asyncDispose]());

/** More rows than the smallest slice holds, ties at every cursor value, and values that are easily bent. */
const ROWS = 2_500;
const TABLES = `
  create table orders (id bigint unsigned primary key, \`Customer \`\`Name\`\`\` text, amount decimal(20,4), anything decimal(65,30), paid bool,
                       changed_at timestamp(6) not null, note json, raw varbinary(20), ratio float) default charset utf8mb4;
  insert into orders
  select seq, case when seq % 7 = 0 then null else concat('Ada 😀, "', seq, '"\\n') end, seq * 1.2345, seq / 3, seq % 2 = 0,
         '2026-01-01 00:00:00.123456' + interval (seq div 2) second, json_object('n', seq), unhex(hex(seq)), seq / 7
  from seq_1_to_${ROWS};
  create table people (name varchar(50) character set latin1 collate latin1_swedish_ci, year smallint, seen datetime(3), primary key (name, year));
  insert into people select concat(elt(1 + seq % 4, 'anna', 'BERT', 'Übel', 'zoe  x'), seq div 40), 2000 + seq % 40, '2026-01-01' + interval seq minute
  from seq_1_to_${ROWS};
  create view open_orders as select id, paid, changed_at from orders where not paid`;

async function harness(): Promise<SourceHarness> {
  const server = await startMariadb({ args: ['--default-time-zone=+03:00'] });
  mariadb = server;
  await server.database('shop');
  await server.query(`use shop; ${TABLES}; create user reader@'127.0.0.1' identified by 'right-password';
    grant select on shop.* to reader@'127.0.0.1'; grant process on *.* to reader@'127.0.0.1'`);
  const config = (password: string): object => ({ url: `mysql://reader:${password}@127.0.0.1:${server.port}/shop` });
  return {
    definition: source,
    goodConfig: config('right-password'),
    badConfig: config('wrong-password'),
    streams: [
      {
        name: 'shop.orders',
        cursorField: 'changed_at',
        rows: await rowsOf(server, 'true'),
        makeChanges: () => change(server),
      },
      { name: 'shop.people', cursorField: 'seen', rows: await server.query('select name, year, seen from shop.people') },
      { name: 'shop.open_orders', cursorField: 'changed_at' },
    ],
  };
}

/** Every value as the server prints it, read by another way than the connector's. */
async function rowsOf(server: Mariadb, where: string): Promise<readonly object[]> {
  await server.query(`set time_zone = '+00:00'`);
  const rows =
    await server.query(`select id, \`Customer \`\`Name\`\`\`, amount, anything, paid, concat(changed_at, '+00') as changed_at, note,
    hex(raw) as raw, cast(ratio as double) as ratio from shop.orders where ${where}`);
  return rows.map((row) => ({ ...row, raw: row['raw']?.replaceAll(/../g, '\\x$&') }));
}

async function change(server: Mariadb): Promise<readonly object[]> {
  await server.query(`set @newest = (select max(changed_at) from shop.orders)`);
  await server.query(`insert into shop.orders (id, changed_at) values (9001, @newest), (9002, @newest + interval 1 second)`);
  await server.query(`update shop.orders set paid = null, changed_at = @newest where id = 1`);
  return rowsOf(server, 'id in (1, 9001, 9002)');
}

describe.skipIf(!hasMariadb)('on MariaDB', () => {
  describeSource('mysql', harness, { afterAll, describe, test });
});
