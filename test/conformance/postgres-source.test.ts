import { afterAll, describe, test } from 'vitest';
import source from '../../connectors/sources/postgres/index.js';
import { describeSource } from '../../connectors/sdk/testing/index.js';
import type { SourceHarness } from '../../connectors/sdk/testing/index.js';
import { type TestDatabase, freshDatabase } from '../support/servers.js';

const disposables: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const dispose of disposables) await dispose();
});

/** More rows than the smallest slice holds, ties at every cursor value, and values that are easily bent. */
const ROWS = 2_500;
const TABLE = `
  create table orders (id bigint primary key, "Customer ""Name""" text, amount numeric(20,4), anything numeric, paid boolean,
                       changed_at timestamptz not null, note jsonb);
  insert into orders
  select n, case when n % 7 = 0 then null else 'Ada, "' || n || E'"\\n' end, n * 1.2345, n / 3::numeric, n % 2 = 0,
         '2026-01-01 00:00:00.123456+00'::timestamptz + (n / 2 * interval '1 second'), jsonb_build_object('n', n)
  from generate_series(1, ${ROWS}) as n`;

async function harness(): Promise<SourceHarness> {
  const database = await freshDatabase('conformance');
  const user = `user_${database.name}`;
  disposables.push(() => drop(database, user));
  await database.query(TABLE);
  await database.query(`create user ${user} password 'right-password'; grant select on orders to ${user}`);
  const config = (password: string): object => ({ url: urlOf(database, user, password) });
  return {
    definition: source,
    goodConfig: config('right-password'),
    badConfig: config('wrong-password'),
    streams: [
      {
        name: 'public.orders',
        cursorField: 'changed_at',
        rows: await rowsOf(database, 'true'),
        makeChanges: () => change(database),
      },
    ],
  };
}

async function drop(database: TestDatabase, user: string): Promise<void> {
  await database.query(`drop owned by ${user}; drop user ${user}`);
  await database.drop();
}

function urlOf(database: TestDatabase, user: string, password: string): string {
  const url = new URL(database.url);
  Object.assign(url, { username: user, password });
  return url.href;
}

/** Every value as the server prints it, read by another way than the connector's. */
async function rowsOf(database: TestDatabase, where: string): Promise<readonly object[]> {
  return database.query(`select id::text, "Customer ""Name""", amount::text, anything::text, paid::text, changed_at::text, note::text
    from orders where ${where}`);
}

async function change(database: TestDatabase): Promise<readonly object[]> {
  const newest = `(select max(changed_at) from orders)`;
  await database.query(`insert into orders (id, changed_at) values (9001, ${newest}), (9002, ${newest} + interval '1 second')`);
  await database.query(`update orders set paid = null, changed_at = ${newest} where id = 1`);
  return rowsOf(database, 'id in (1, 9001, 9002)');
}

describeSource('postgres', harness, { afterAll, describe, test });
