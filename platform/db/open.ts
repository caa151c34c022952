/**
 * The metadata database: Postgres through knex, brought to the newest schema when it is opened.
 * @module
 */
import knex, { type Knex } from 'knex';
import { MillraceError, isMillraceError } from '../errors/error.js';
import { migrationSource } from './migrations/index.js';
import { valueParsers } from './value-parsers.js';

/** Any number, as long as no other program takes it in the same database. */
const MIGRATION_LOCK = 6_455_724_637;
const MIGRATION_TABLE = 'millrace_migrations';

/**
 * Opens the metadata database and migrates it. Safe to call from several processes at once: one migrates, the others
 * wait for it. The caller destroys the returned pool.
 * @throws MillraceError `setup.unavailable` when the database cannot be reached, `setup.invalid` when a newer Millrace
 * has already migrated it.
 */
export async function openMetadata(databaseUrl: string): Promise<Knex> {
  const db = knex({
    client: 'pg',
    connection: { connectionString: databaseUrl, application_name: 'millrace/metadata', types: valueParsers },
    pool: { min: 0, max: 10 },
    acquireConnectionTimeout: 10_000,
    migrations: { migrationSource, tableName: MIGRATION_TABLE },
    log: { warn: () => undefined, debug: () => undefined },
  });
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw unavailable(error);
  }
}

/**
 * An advisory lock instead of knex's own lock row: it is waited for, and it goes with the session of a process that was
 * killed while migrating, where the row would stay behind and block every later start.
 */
async function migrate(db: Knex): Promise<void> {
  await db.transaction(async (lock) => {
    await lock.raw('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
    await db.migrate.forceFreeMigrationsLock();
    await db.migrate.latest();
  });
}

function unavailable(error: unknown): MillraceError {
  if (isMillraceError(error)) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (/migration directory is corrupt/i.test(message)) {
    return new MillraceError('setup.invalid', {
      detail: 'The metadata database was migrated by a newer version of Millrace.',
      suggestion: 'Start that version, or point DATABASE_URL to another database.',
      cause: error,
    });
  }
  return new MillraceError('setup.unavailable', {
    detail: `The metadata database cannot be opened: ${message}`,
    path: 'DATABASE_URL',
    suggestion: 'Check that Postgres runs and that DATABASE_URL is right.',
    cause: error,
  });
}
