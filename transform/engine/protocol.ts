import type { ErrorCode } from '../../platform/errors/catalogue.js';

/**
 * What the supervising process and its child say to each other. Names, types and counts; never rows.
 * @module
 */

export interface TransformJob {
  /** `describe` runs the SQL over an empty `input` and writes nothing. */
  readonly kind: 'run' | 'describe';
  readonly sql: string;
  /** The same with `ROW_NUMBER` as a last column, where that is possible. */
  readonly followedSql?: string | undefined;
  /** Parquet files, in order of arrival. */
  readonly inputs: readonly string[];
  readonly columns: readonly InputColumn[];
  /** What the SQL reads instead of `input`. */
  readonly tables?: readonly InputTable[];
  /** A private folder; whoever sent the job removes it, also after a kill. */
  readonly workDir: string;
  readonly outputPath: string;
  /** DuckDB's own account of memory; the process as a whole is bounded from outside. */
  readonly engineMemoryMb: number;
}

/** Files under a name of their own. */
export interface InputTable extends Pick<TransformJob, 'inputs' | 'columns'> {
  readonly schema?: string;
  readonly name: string;
}

export interface InputColumn {
  readonly column: string;
  readonly stage: string;
}

export interface OutputColumn {
  readonly name: string;
  /** As DuckDB's `describe` prints it. */
  readonly type: string;
}

export interface JobDone {
  readonly ok: true;
  /** Types of `input` as the SQL saw them: VARCHAR where the files do not agree. */
  readonly inputTypes: readonly string[];
  readonly columns: readonly OutputColumn[];
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** How many rows of the input are in the result; not known where they could not be followed. */
  readonly inputRowsKept?: number;
}

export interface JobFailed {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export type JobResult = JobDone | JobFailed;
