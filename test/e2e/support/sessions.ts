import type { TestDatabase } from '../../support/servers.js';

/** Application names of the sessions that a connection has open in a database. */
export async function sessionsOf(database: TestDatabase, connectionId: string): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `select application_name as name from pg_stat_activity
     where datname = current_database() and starts_with(application_name, $1)`,
    [`millrace/${connectionId}/`],
  );
  return rows.map(({ name }) => name);
}

/** Ends them on the server, as an administrator would. @returns how many there were */
export async function terminateSessions(database: TestDatabase, connectionId: string): Promise<number> {
  const rows = await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and starts_with(application_name, $1)`,
    [`millrace/${connectionId}/`],
  );
  return rows.length;
}
