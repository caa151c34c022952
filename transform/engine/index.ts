import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { StagedColumn } from '../../connectors/sdk/destination.js';
import type { AstNode } from '../guard/ast.js';
import { followRows } from '../guard/follow-rows.js';
import { readSqlOrThrow } from '../guard/index.js';
import { passedThrough } from '../guard/lineage.js';
import { outputColumns } from './output-columns.js';
import type { JobDone, TransformJob } from './protocol.js';
import { engineMb, inWorkDir, supervise } from './supervised-job.js';
import type { Limits } from './supervise.js';

/**
 * Runs a user's SQL over staged files, outside this process. `docs/transforms.md` says what the SQL may be.
 * @module
 */

export { closeTransformPool, warmTransformPool } from './pool.js';
export { type QueryRequest, type QueryResult, type QueryTable, runQuery } from './query.js';

export interface TransformRequest {
  readonly sql: string;
  /** Parquet files of one slice, in order of arrival, all with `columns`. */
  readonly inputs: readonly string[];
  readonly columns: readonly StagedColumn[];
  /** Written only when the transform succeeds. */
  readonly outputPath: string;
  /** An existing folder; what is put there is removed again. */
  readonly tempDir: string;
  readonly limits?: { readonly memoryMb?: number; readonly deadlineMs?: number };
  readonly signal: AbortSignal;
}

export interface TransformResult {
  readonly columns: readonly StagedColumn[];
  readonly rowsIn: number;
  readonly rowsOut: number;
  /**
   * How many rows in are among the rows out, found by a row number that each of them carries (I7). Not known when the SQL
   * is not row-wise, or when its rows could not be followed.
   */
  readonly inputRowsKept: number | undefined;
  readonly bytes: number;
}

/** `memoryMb` bounds the process; DuckDB is told to use half of it and spills what it can. */
const DEFAULTS: Limits = { memoryMb: 1_024, deadlineMs: 10 * 60_000 };
const DESCRIBE: Limits = { memoryMb: 1_024, deadlineMs: 10_000 };

/**
 * @throws MillraceError `transform.refused_sql` (facts: errors), `transform.failed` (facts: line, column where known),
 *   `transform.limit_exceeded`; the signal's reason when it fires
 */
export async function runTransform(request: TransformRequest): Promise<TransformResult> {
  const query = await readSqlOrThrow(request.sql);
  const limits = { ...DEFAULTS, ...request.limits };
  const outputPath = resolve(request.outputPath);
  const inputs = request.inputs.map((path) => resolve(path));
  const followedSql = await followRows(query, namesOf(request.columns));
  try {
    const job = { kind: 'run', sql: request.sql, followedSql, inputs, columns: request.columns, outputPath } as const;
    const done = await inWorkDir(request.tempDir, (workDir) =>
      supervise({ ...job, workDir, engineMemoryMb: engineMb(limits) }, limits, request.signal),
    );
    const { size } = await stat(outputPath);
    return {
      columns: columnsOf(request.columns, query, done),
      rowsIn: done.rowsIn,
      rowsOut: done.rowsOut,
      inputRowsKept: done.inputRowsKept,
      bytes: size,
    };
  } catch (error) {
    await rm(outputPath, { force: true });
    throw error;
  }
}

/** The columns that `sql` would give, found over an empty input. @throws as `runTransform` */
export async function describeTransform(
  sql: string,
  columns: readonly StagedColumn[],
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly StagedColumn[]> {
  const query = await readSqlOrThrow(sql);
  const done = await inWorkDir(tmpdir(), (workDir) => {
    const job: TransformJob = {
      kind: 'describe',
      sql,
      inputs: [],
      columns,
      workDir,
      outputPath: join(workDir, 'none'),
      engineMemoryMb: engineMb(DESCRIBE),
    };
    return supervise(job, DESCRIBE, signal);
  });
  return columnsOf(columns, query, done);
}

function columnsOf(input: readonly StagedColumn[], query: AstNode, done: JobDone): StagedColumn[] {
  const origins = passedThrough(query, namesOf(input));
  return outputColumns({ input, inputTypes: done.inputTypes, output: done.columns, passedThrough: origins });
}

const namesOf = (columns: readonly StagedColumn[]): string[] => columns.map(({ column }) => column);
