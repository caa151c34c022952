import { expect } from 'vitest';
import { type DirectConnection, type DirectRuns, Killed, type RunOutcome, startDirectRuns } from '../../support/direct-runs.js';
import { type Mariadb, startMariadb } from '../../support/mariadb.js';
import type { TestDatabase } from '../../support/servers.js';

/** A MariaDB server with the database `shop`, and runs from there to Postgres. */
export interface MysqlScene extends AsyncDisposable {
  readonly mariadb: Mariadb;
  readonly runs: DirectRuns;
  /** In `shop`. */
  sql(statements: string): Promise<void>;
  connect(table: string, more?: object, url?: string): DirectConnection;
  expectSame(table: string, columns: readonly string[]): Promise<void>;
}

export async function startMysqlScene({ sliceBytes = 100_000 } = {}): Promise<MysqlScene> {
  const [mariadb, runs] = await Promise.all([startMariadb(), startDirectRuns({ sliceBytes })]);
  await mariadb.database('shop');
  await mariadb.query('use shop');
  const connect = (table: string, more: object = {}, url = mariadb.url('shop')): DirectConnection =>
    runs.connect([{ name: `shop.${table}`, mode: 'full_refresh_overwrite', target: { table }, ...more }], {
      connector: 'mysql',
      config: { url },
    });
  return {
    ...{ mariadb, runs, connect },
    sql: async (statements) => void (await mariadb.query(statements)),
    expectSame: (table, columns) => expectSameRows(mariadb, runs.destination, { table, columns }),
    [Symbol.asyncDispose]: async () => {
      await runs[Symbol.asyncDispose]();
      await mariadb[Symbol.asyncDispose]();
    },
  };
}

/** Every row of both sides, value by value as text, whatever the order. */
export async function expectSameRows(
  mariadb: Mariadb,
  destination: TestDatabase,
  { table, columns }: { readonly table: string; readonly columns: readonly string[] },
): Promise<void> {
  const there = await mariadb.query(`select ${columns.map((name) => `\`${name}\``).join(', ')} from shop.${table}`);
  const here = await destination.query(`select ${columns.map((name) => `"${name}"::text`).join(', ')} from ${table}`);
  const sorted = (rows: readonly object[]): string[] =>
    rows.map((row) => JSON.stringify(Object.values(row).map(plain))).toSorted();
  expect(sorted(here)).toEqual(sorted(there));
}

/** Times without the zeros and the zone that only one side prints. */
const plain = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d*?)0*)?(?:\+00)?$/, '$1.$2') : value;

/** Runs until one ends by itself: each is killed at its first slice, by turns before and after the load. */
export async function runKilled(connection: DirectConnection): Promise<number> {
  for (let count = 1; ; count++) {
    const { killed } = await connection.run({
      unfinished: true,
      atEdge: ({ loaded, last }) => {
        if (loaded === (count % 2 === 0) && !(loaded && last)) throw new Killed();
      },
    });
    if (!killed) return count;
    expect(count, 'it comes to an end').toBeLessThan(40);
  }
}

/** What every stream of these tests asserts of a run that went well. */
export const rowsOf = ({ rows: { extracted, repeated, loaded } }: RunOutcome) => ({ extracted, repeated, loaded });
