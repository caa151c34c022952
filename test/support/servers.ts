/**
 * What integration tests share: one Postgres and one Temporal server per test run, an isolated database and task queue for
 * each test that asks.
 * @module
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { SharedServers } from './global-setup.js';

export type { SharedServers } from './global-setup.js';

/** Where the shared servers are. */
export function servers(): SharedServers {
  return inject('servers');
}

export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** Connection URL with superuser rights. */
  readonly url: string;
  query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Ends every session on the database and drops it. */
  drop(): Promise<void>;
}

/**
 * A new, empty database in the shared Postgres. Its name ends in random letters, so that tests never meet.
 * @example await using database = await freshDatabase('shop');
 */
export async function freshDatabase(name: string): Promise<TestDatabase> {
  const unique = `${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  await administer(`create database ${pg.escapeIdentifier(unique)}`);
  const url = urlOf(unique);
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined); // tests end sessions on purpose
  const drop = async (): Promise<void> => {
    if (!pool.ended) await pool.end();
    await administer(`drop database if exists ${pg.escapeIdentifier(unique)} with (force)`);
  };
  return {
    name: unique,
    url,
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query(sql, [...values])).rows as Row[],
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

/** A task queue nobody else polls. */
export function freshTaskQueue(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`;
}

function urlOf(database: string): string {
  const url = new URL(servers().postgresUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: servers().postgresUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
