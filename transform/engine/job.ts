import { isDeepStrictEqual } from 'node:util';
import { type Engine, openTrustedEngine } from '../../platform/duckdb/engine.js';
import { lockStatements } from '../../platform/duckdb/locked.js';
import { parquetOptions } from '../../platform/duckdb/parquet.js';
import { quoteIdentifier, quoteLiteral } from '../../platform/duckdb/quote.js';
import { isMillraceError } from '../../platform/errors/error.js';
import { ROW_NUMBER } from '../guard/input-table.js';
import { outputType } from './output-types.js';
import type { JobDone, JobResult, OutputColumn, TransformJob } from './protocol.js';
import { RESULT, SqlFailure, runUserSql, showResult } from './run-sql.js';
import { showInput, showTables } from './show-input.js';

/**
 * What the child does. The user's SQL meets an engine that can read the files of the slice, write the one file of the
 * result, and reach nothing else; rows stream from the former to the latter.
 * @module
 */
export async function runJob(job: TransformJob): Promise<JobResult> {
  try {
    return { ok: true, ...(await runLocked(job)) };
  } catch (error) {
    if (error instanceof SqlFailure) return error.result;
    if (isMillraceError(error)) return { ok: false, code: error.code, detail: error.message, facts: error.facts ?? {} };
    return { ok: false, code: 'engine.internal', detail: error instanceof Error ? error.message : String(error) };
  }
}

async function runLocked(job: TransformJob): Promise<Omit<JobDone, 'ok'>> {
  const options = { tempDirectory: job.workDir, memoryLimit: `${job.engineMemoryMb}MB`, threads: 2 };
  await using engine = await openTrustedEngine(options);
  const { rows, types } = job.tables ? await showTables(engine, job.tables) : await showInput(engine, job);
  const files = [...job.inputs, ...(job.tables ?? []).flatMap(({ inputs }) => inputs)];
  await engine.run(`set errors_as_json = true`);
  for (const statement of lockStatements([...files, job.outputPath])) await engine.run(statement);
  const columns = await showResult(engine, job.sql);
  return { inputTypes: types, rowsIn: rows, columns, ...(await result(engine, job, columns)) };
}

type Result = Pick<JobDone, 'rowsOut' | 'inputRowsKept'>;

/** By the text that carries row numbers where it gives the same columns; a failure is told of the text the user wrote. */
async function result(engine: Engine, job: TransformJob, columns: readonly OutputColumn[]): Promise<Result> {
  if (job.kind === 'describe') return tryResult(engine);
  const rowsOut = await writeFollowed(engine, job, columns);
  if (rowsOut !== undefined) return { rowsOut, inputRowsKept: await countKept(engine, job) };
  await showResult(engine, job.sql);
  return { rowsOut: await writeResult(engine, job, columns) };
}

async function writeFollowed(engine: Engine, job: TransformJob, columns: readonly OutputColumn[]): Promise<number | undefined> {
  if (job.followedSql === undefined) return undefined;
  try {
    const followed = await showResult(engine, job.followedSql);
    const same = isDeepStrictEqual(followed, [...columns, { name: ROW_NUMBER, type: 'BIGINT' }]);
    return same ? await writeResult(engine, job, followed) : undefined;
  } catch (error) {
    if (error instanceof SqlFailure && error.result.code === 'transform.failed') return undefined;
    throw error;
  }
}

/** Over an input without rows: what only shows when the SQL runs is found, too. */
async function tryResult(engine: Engine): Promise<Result> {
  await runUserSql(engine.run(`create table _millrace_tried as from ${RESULT}`));
  return { rowsOut: 0 };
}

/** The file keeps the row number where there is one: it says which row of the slice each row was made of. */
async function writeResult(engine: Engine, { outputPath }: TransformJob, columns: readonly OutputColumn[]): Promise<number> {
  const select = columns.map(({ name, type }) => {
    const column = quoteIdentifier(name);
    return `${outputType(type).convert?.(column) ?? column} as ${column}`;
  });
  const options = `${parquetOptions(columns.map(({ type }) => type))}, use_tmp_file false`;
  const { rowsChanged } = await runUserSql(
    engine.run(`copy (select ${select.join(', ')} from ${RESULT}) to ${quoteLiteral(outputPath)} (${options})`),
  );
  return rowsChanged;
}

async function countKept(engine: Engine, { outputPath }: TransformJob): Promise<number> {
  const [counted] = await engine.rows(
    `select count(distinct ${ROW_NUMBER}) as kept from read_parquet(${quoteLiteral(outputPath)})`,
  );
  return Number(counted?.['kept']);
}
