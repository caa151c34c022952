import knex, { type Knex } from 'knex';
import { freshDatabase } from '../../support/servers.js';

export interface TestDatabase {
  readonly url: string;
  readonly db: Knex;
  drop(): Promise<void>;
}

/** An empty database of its own. */
export async function createDatabase(): Promise<TestDatabase> {
  const database = await freshDatabase('api');
  const db = knex({ client: 'pg', connection: database.url, pool: { min: 0, max: 2 } });
  const drop = async (): Promise<void> => {
    await db.destroy();
    await database.drop();
  };
  return { url: database.url, db, drop };
}
