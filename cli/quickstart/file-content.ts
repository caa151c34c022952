import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from } from 'pg-copy-streams';

/** Columns of the example files in their order, with the Postgres types they are compared as. */
export const FILE_COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  airports: { iata: 'text', name: 'text', city: 'text', state: 'text', country: 'text', latitude: 'float8', longitude: 'float8' },
  seattle_weather: {
    date: 'date',
    precipitation: 'float8',
    temp_max: 'float8',
    temp_min: 'float8',
    wind: 'float8',
    weather: 'text',
  },
};

export interface FileQuery {
  readonly url: string;
  readonly table: string;
  readonly file: URL;
  readonly query: string;
}

/** Lets Postgres itself read a gzipped CSV file into a temporary table, and answers `query` over it. */
export async function queryFile<Row extends object>({ url, table, file, query }: FileQuery): Promise<readonly Row[]> {
  const columns = Object.entries(FILE_COLUMNS[table] ?? {}).map(([name, type]) => `${name} ${type}`);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create temporary table ${table} (${columns.join(', ')})`);
    await pipeline(createReadStream(file), createGunzip(), client.query(from(`copy ${table} from stdin (format csv, header)`)));
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}
