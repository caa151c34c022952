import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import { errorAt } from '../guard/position.js';
import type { InputColumn, JobDone, TransformJob } from './protocol.js';
import { type Limits, superviseJob } from './supervise.js';

/** DuckDB is told to use half of what the process may have, and spills what it can. */
export const engineMb = (limits: Limits): number => Math.round(limits.memoryMb / 2);

export async function inWorkDir<T>(parent: string, work: (workDir: string) => Promise<T>): Promise<T> {
  const workDir = await mkdtemp(join(resolve(parent), 'transform-'));
  try {
    return await work(workDir);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Runs a job in a child, and tells failures by their place in the user's text. */
export async function supervise(job: TransformJob, limits: Limits, signal: AbortSignal): Promise<JobDone> {
  const tables = job.tables?.map((table) => ({ ...table, columns: bare(table.columns) }));
  try {
    return await superviseJob({ ...job, columns: bare(job.columns), ...(tables ? { tables } : {}) }, limits, signal);
  } catch (error) {
    throw isMillraceError(error, 'transform.failed') ? located(error, job.sql) : error;
  }
}

const bare = (columns: readonly InputColumn[]): InputColumn[] => columns.map(({ column, stage }) => ({ column, stage }));

/** Turns DuckDB's byte offset into a line and a column of the user's text. */
function located(error: MillraceError, sql: string): MillraceError {
  const byteOffset = error.facts?.['byteOffset'];
  if (byteOffset === undefined) return error;
  const { line, column, position } = errorAt(sql, byteOffset, 'bytes', error.message);
  return new MillraceError('transform.failed', {
    detail: `${error.message} (line ${line}, column ${column})`,
    facts: { line, column, position },
    cause: error.cause,
  });
}
