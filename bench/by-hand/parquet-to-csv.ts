/**
 * What a person writes to get a Parquet file into `psql`: the file as CSV on stdout. Argument: the file.
 * @module
 */
import { DuckDBInstance } from '@duckdb/node-api';

const [, , file = ''] = process.argv;
const instance = await DuckDBInstance.create();
const connection = await instance.connect();
const literal = file.replaceAll("'", "''");
await connection.run(`copy (select * from read_parquet('${literal}')) to '/dev/stdout' (format csv, header false)`);
connection.closeSync();
instance.closeSync();
