import pg from 'pg';
import type { TestDatabase } from '../../support/servers.js';

export interface HeldTable extends AsyncDisposable {
  release(): Promise<void>;
}

/** A transaction of somebody else that nobody can read or write the table beside. */
export async function holdTable(database: TestDatabase, table: string): Promise<HeldTable> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`begin; lock table ${table}`);
  return {
    release: async () => void (await client.query('rollback')),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
