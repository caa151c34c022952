import pg from 'pg';
import type { TestDatabase } from '../../support/servers.js';
import { waitFor } from '../../support/wait-for.js';

export interface OpenSession extends AsyncDisposable {
  query(sql: string): Promise<pg.QueryResult>;
  /** Ends the transaction and the session. */
  end(how: 'commit' | 'rollback'): Promise<void>;
}

export interface SessionOptions {
  readonly application?: string;
  readonly url?: string;
}

/** A session that has begun a transaction, run a statement and not committed yet. */
export async function openTransaction(
  database: TestDatabase,
  sql: string,
  { application = 'shop backend', url = database.url }: SessionOptions = {},
): Promise<OpenSession> {
  const client = new pg.Client({ connectionString: url, application_name: application });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query(sql);
  let ended = false;
  const end = async (how: 'commit' | 'rollback'): Promise<void> => {
    if (ended) return;
    ended = true;
    await client.query(how);
    await client.end();
  };
  return { query: (text) => client.query(text), end, [Symbol.asyncDispose]: () => end('rollback') };
}

/** Waits until a read of ours has listed writers and looks again: it waits for them. */
export async function settling(database: TestDatabase): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await database.query(
        `select 1 from pg_stat_activity where datname = current_database() and application_name like 'millrace/%/read'
           and query like 'with recursive reads%' and query not like '%bound as materialized%'`,
      );
      return row !== undefined;
    },
    { what: 'a read waits for writers', everyMs: 10 },
  );
}

/** A role that may read everything in schema public and see nothing of other sessions. @returns its URL */
export async function plainReader(database: TestDatabase, name: string): Promise<string> {
  const role = `${name}_${database.name}`;
  await database.query(`create role ${role} login password 'reader'; grant select on all tables in schema public to ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'reader';
  return url.href;
}

export async function dropReader(database: TestDatabase, name: string): Promise<void> {
  await database.query(`drop owned by ${name}_${database.name}; drop role ${name}_${database.name}`);
}
