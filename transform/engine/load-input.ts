import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../platform/duckdb/engine.js';
import { quoteIdentifier, quoteLiteral } from '../../platform/duckdb/quote.js';
import { INPUT_TABLE } from '../guard/input-table.js';
import type { InputColumn, TransformJob } from './protocol.js';

export interface LoadedInput {
  readonly rows: number;
  readonly types: readonly string[];
}

/**
 * Below this a table in memory is twice as fast; above it, memory would be spilled without compression, and a table in a
 * file is twice as fast.
 */
const MAX_BYTES_IN_MEMORY = 48_000_000;

/** Makes `INPUT_TABLE` from the Parquet files, rows in order of arrival, and shows it as `input`. */
export async function loadInput(engine: Engine, job: TransformJob): Promise<LoadedInput> {
  const types = await commonTypes(engine, job);
  const inFile = (await totalBytes(job.inputs)) > MAX_BYTES_IN_MEMORY;
  const { catalog, schema, table } = INPUT_TABLE;
  const name = `${catalog}.${schema}.${table}`;
  await engine.run(`attach ${quoteLiteral(inFile ? join(job.workDir, 'input.duckdb') : ':memory:')} as ${catalog}`);
  const [loaded] = await engine.rows(`create table ${name} as ${selectAll(job, types)}`);
  await engine.run(`create view input as from ${name}`);
  return { rows: Number(loaded?.['Count']), types };
}

function selectAll(job: TransformJob, types: readonly string[]): string {
  const cast = (column: InputColumn, index: number, value: string): string =>
    `cast(${value} as ${types[index] ?? column.stage}) as ${quoteIdentifier(column.column)}`;
  if (job.inputs.length === 0)
    return `select ${job.columns.map((column, index) => cast(column, index, 'null')).join(', ')} limit 0`;
  const columns = job.columns.map((column, index) => cast(column, index, quoteIdentifier(column.column))).join(', ');
  return job.inputs.map((path) => `select ${columns} from read_parquet(${quoteLiteral(path)})`).join(' union all ');
}

/**
 * The type each column has in every file; VARCHAR where one file holds it as text because a value did not fit the type
 * that the others have.
 */
async function commonTypes(engine: Engine, job: TransformJob): Promise<string[]> {
  const perFile = await Promise.all(job.inputs.map((path) => fileTypes(engine, path)));
  return job.columns.map(({ column, stage }) => {
    const found = new Set(perFile.map((types) => types.get(column) ?? stage));
    return found.size > 1 ? 'VARCHAR' : ([...found][0] ?? stage);
  });
}

async function fileTypes(engine: Engine, path: string): Promise<ReadonlyMap<string, string>> {
  const rows = await engine.rows(`select column_name, column_type from (describe from read_parquet(${quoteLiteral(path)}))`);
  return new Map(rows.map((row) => [String(row['column_name']), String(row['column_type'])]));
}

async function totalBytes(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
