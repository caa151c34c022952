import pg from 'pg';
import destination from '../../../connectors/destinations/postgres/index.js';
import type { AnyDestination } from '../../../connectors/registry.js';
import type { DestinationHarness } from '../../../connectors/sdk/testing/index.js';
import type { Target } from '../../../schema/types.js';
import type { TestDatabase } from '../../support/servers.js';

export const postgres = destination as AnyDestination;

/** Every column as the server prints it. */
async function rowsOf(database: TestDatabase, { schema, table }: Target): Promise<readonly object[]> {
  const columns = await database.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = $1 and table_name = $2`,
    [schema, table],
  );
  if (columns.length === 0) return [];
  const texts = columns.map(({ name }) => pg.escapeIdentifier(name)).map((name) => `${name}::text as ${name}`);
  return database.query(`select ${texts.join(', ')} from ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`);
}

/** The real destination over a database, or a broken one made of it. */
export function warehouse(database: TestDatabase, broken: Partial<AnyDestination> = {}): DestinationHarness {
  const wrong = new URL(database.url);
  wrong.username = 'nobody_of_this_server';
  wrong.password = 'canary-wrong';
  return {
    definition: { ...postgres, ...broken },
    goodConfig: { url: database.url },
    badConfig: { url: wrong.href },
    schema: 'raw',
    refused: { field: { name: 'note', type: 'string', nullable: true }, value: 'before\u0000after' },
    rowsOf: (target) => rowsOf(database, target),
  };
}
