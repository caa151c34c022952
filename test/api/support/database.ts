import { randomBytes } from 'node:crypto';
import knex, { type Knex } from 'knex';
import { servers } from './servers.js';

export interface TestDatabase {
  readonly url: string;
  readonly db: Knex;
  drop(): Promise<void>;
}

/** An empty database of its own. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `api_${randomBytes(6).toString('hex')}`;
  const admin = knex({ client: 'pg', connection: servers().databaseUrl, pool: { min: 0, max: 1 } });
  await admin.raw('create database ??', [name]);
  const url = new URL(servers().databaseUrl);
  url.pathname = `/${name}`;
  const db = knex({ client: 'pg', connection: url.href, pool: { min: 0, max: 2 } });
  const drop = async (): Promise<void> => {
    await db.destroy();
    await admin.raw('drop database ?? with (force)', [name]);
    await admin.destroy();
  };
  return { url: url.href, db, drop };
}
