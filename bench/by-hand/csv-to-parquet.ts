/**
 * What a person writes to get a table out of `psql` into a Parquet file: CSV from stdin. Arguments: the file, then the columns as
 * JSON by name, in order.
 * @module
 */
import { DuckDBInstance } from '@duckdb/node-api';

const [, , file = '', columns = '{}'] = process.argv;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const types = Object.entries(JSON.parse(columns) as Record<string, string>);
const struct = types.map(([name, type]) => `${literal(name)}: ${literal(type)}`).join(', ');
const instance = await DuckDBInstance.create();
const connection = await instance.connect();
await connection.run(
  `copy (select * from read_csv('/dev/stdin', header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${struct}}))
   to ${literal(file)} (format parquet, compression zstd)`,
);
connection.closeSync();
instance.closeSync();
