import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Engine, openTrustedEngine } from '../../platform/duckdb/engine.js';
import { lockStatements } from '../../platform/duckdb/locked.js';
import { parquetOptions } from '../../platform/duckdb/parquet.js';
import { quoteIdentifier, quoteList, quoteLiteral } from '../../platform/duckdb/quote.js';
import { isMillraceError } from '../../platform/errors/error.js';
import { ROW_NUMBER } from '../guard/input-table.js';
import { type LoadedInput, loadInput } from './load-input.js';
import { outputType } from './output-types.js';
import type { JobDone, JobResult, OutputColumn, TransformJob } from './protocol.js';
import { SqlFailure, describeUserSql, outputColumnsOf, runUserSql } from './run-sql.js';

/**
 * What the child does. The user's SQL meets an engine that holds the input in a table, one attached work file for the
 * result, and no way to anything else; only when that engine is closed does another one, which never sees the SQL, write
 * the result as Parquet.
 * @module
 */
export async function runJob(job: TransformJob): Promise<JobResult> {
  try {
    const input = await runLocked(job);
    return { ok: true, inputTypes: input.types, rowsIn: input.rows, ...(await exportResult(job)) };
  } catch (error) {
    if (error instanceof SqlFailure) return error.result;
    if (isMillraceError(error)) return { ok: false, code: error.code, detail: error.message, facts: error.facts ?? {} };
    return { ok: false, code: 'engine.internal', detail: error instanceof Error ? error.message : String(error) };
  }
}

const RESULT = 'create table work.main.out as';

const workFile = (job: TransformJob): string => join(job.workDir, 'work.duckdb');

function open(job: TransformJob): Promise<Engine> {
  return openTrustedEngine({ tempDirectory: job.workDir, memoryLimit: `${job.engineMemoryMb}MB`, threads: 2 });
}

async function runLocked(job: TransformJob): Promise<LoadedInput> {
  await using engine = await open(job);
  await engine.run(`attach ${quoteLiteral(workFile(job))} as work`);
  const input = await loadInput(engine, job);
  // read once and thrown away: compressing costs more than the bytes it saves
  await engine.run(`set force_compression = 'uncompressed'`);
  await engine.run(`set errors_as_json = true`);
  for (const statement of lockStatements()) await engine.run(statement);
  await runFollowed(engine, job);
  await engine.run('detach work');
  return input;
}

/** By the text that carries row numbers where it gives the same columns; a failure is told of the text the user wrote. */
async function runFollowed(engine: Engine, { sql, followedSql }: TransformJob): Promise<void> {
  const followed = followedSql !== undefined && (await givesTheSame(engine, sql, followedSql));
  if (followed && (await succeeds(engine, followedSql))) return;
  await runUserSql(engine, RESULT, sql);
}

async function givesTheSame(engine: Engine, sql: string, followedSql: string): Promise<boolean> {
  const columns = await describeUserSql(engine, sql);
  const followed = await describeUserSql(engine, followedSql).catch(() => []);
  return isDeepStrictEqual(followed, [...columns, { name: ROW_NUMBER, type: 'BIGINT' }]);
}

async function succeeds(engine: Engine, followedSql: string): Promise<boolean> {
  try {
    await runUserSql(engine, RESULT, followedSql);
    return true;
  } catch (error) {
    if (error instanceof SqlFailure && error.result.code === 'transform.failed') return false;
    throw error;
  }
}

type Exported = Pick<JobDone, 'columns' | 'rowsOut' | 'inputRowsKept'>;

/** In a trusted engine that can reach the work file and the output, and nothing else. */
async function exportResult(job: TransformJob): Promise<Exported> {
  await using engine = await open(job);
  await engine.run(`attach ${quoteLiteral(workFile(job))} as work (read_only)`);
  await engine.run(`set allowed_paths = ${quoteList([job.outputPath])}`);
  await engine.run(`set enable_external_access = false`);
  await requireTable(engine);
  const found = await describeResult(engine);
  const columns = found.filter(({ name }) => name !== ROW_NUMBER);
  if (job.kind === 'describe') return { columns, rowsOut: 0 };
  const rowsOut = await writeResult(engine, job, columns);
  return { columns, rowsOut, ...(columns.length < found.length ? { inputRowsKept: await countKept(engine) } : {}) };
}

async function countKept(engine: Engine): Promise<number> {
  const [counted] = await engine.rows(`select count(distinct ${ROW_NUMBER}) as kept from work.main.out`);
  return Number(counted?.['kept']);
}

/** A view in its place would run with this engine's rights. */
async function requireTable(engine: Engine): Promise<void> {
  const [found] = await engine.rows(
    `select count(*)::int as n from duckdb_tables() where database_name = 'work' and schema_name = 'main' and table_name = 'out'`,
  );
  if (found?.['n'] !== 1)
    throw new SqlFailure({ ok: false, code: 'transform.failed', detail: 'The SQL left no table of results.' });
}

async function describeResult(engine: Engine): Promise<OutputColumn[]> {
  return outputColumnsOf(await engine.rows('describe work.main.out'));
}

async function writeResult(engine: Engine, job: TransformJob, columns: readonly OutputColumn[]): Promise<number> {
  const select = columns.map(({ name, type }) => {
    const column = quoteIdentifier(name);
    return `${outputType(type).convert?.(column) ?? column} as ${column}`;
  });
  const { rowsChanged } = await engine.run(
    `copy (select ${select.join(', ')} from work.main.out) to ${quoteLiteral(job.outputPath)} (${parquetOptions(columns.map(({ type }) => type))}, use_tmp_file false)`,
  );
  return rowsChanged;
}
