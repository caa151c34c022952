import { resolve } from 'node:path';
import type { StagedColumn } from '../../connectors/sdk/destination.js';
import { readSqlOrThrow } from '../guard/index.js';
import type { TableName } from '../guard/tables.js';
import { outputColumns } from './output-columns.js';
import { engineMb, inWorkDir, supervise } from './supervised-job.js';
import type { Limits } from './supervise.js';

/** Staged files under the name by which the SQL reads them. */
export interface QueryTable extends TableName {
  readonly inputs: readonly string[];
  readonly columns: readonly StagedColumn[];
}

export interface QueryRequest {
  readonly sql: string;
  readonly tables: readonly QueryTable[];
  readonly outputPath: string;
  readonly tempDir: string;
  readonly signal: AbortSignal;
}

export interface QueryResult {
  readonly columns: readonly StagedColumn[];
  readonly rowsIn: number;
  readonly rowsOut: number;
}

/** Somebody waits for the answer. */
const LIMITS: Limits = { memoryMb: 1_024, deadlineMs: 30_000 };

/** Runs a user's SELECT over several tables, as locked in as a transform. @throws as `runTransform` */
export async function runQuery({ sql, tables, tempDir, signal, ...request }: QueryRequest): Promise<QueryResult> {
  await readSqlOrThrow(
    sql,
    tables.map(({ schema, name }) => (schema === undefined ? name : `${schema}.${name}`)),
  );
  const outputPath = resolve(request.outputPath);
  const done = await inWorkDir(tempDir, (workDir) =>
    supervise(
      { kind: 'run', sql, inputs: [], columns: [], tables, outputPath, workDir, engineMemoryMb: engineMb(LIMITS) },
      LIMITS,
      signal,
    ),
  );
  const columns = outputColumns({ input: [], inputTypes: [], output: done.columns, passedThrough: new Map() });
  return { columns, rowsIn: done.rowsIn, rowsOut: done.rowsOut };
}
