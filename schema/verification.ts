/**
 * What a comparison of a stream with its target says. Keys are data of the source; values never appear.
 * @module
 */

/** `count` compares how many rows there are, `hash` what is in every column. */
export type VerifyMethod = 'count' | 'hash';

/** `table`: what the source holds now against the target; `run`: what one run had staged against what it loaded. */
export type VerifyScope = 'table' | 'run';

export type DifferenceKind = 'missing_in_target' | 'extra_in_target' | 'different' | 'changed_since' | 'rejected' | 'repaired';

export interface Difference {
  readonly kind: DifferenceKind;
  /** Values of the key as text, in its order; null where rows have no key. */
  readonly key: readonly (string | null)[] | null;
  /** For `different` and `repaired`: fields whose values are not the same. */
  readonly columns?: readonly string[];
  /** For rows without a key: the hash of the whole row, by which equal rows can be told. */
  readonly rowHash?: string;
  /** How many rows it stands for, where that is not one. */
  readonly rows?: number;
}

export interface DifferenceCounts {
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  /** The source has changed the row since it was loaded; not an error. */
  readonly changedSince: number;
  /** Rows that the destination refused, kept aside by the stream's row policy; not an error. */
  readonly rejected: number;
  /** Values that the destination refused, nulled by the row policy; not an error. */
  readonly repaired: number;
}

export interface VerificationCounts {
  readonly method: VerifyMethod;
  readonly scope: VerifyScope;
  readonly rows: { readonly source: number; readonly target: number };
  /** Nothing differs that the write mode promises to be equal. */
  readonly matched: boolean;
  readonly differences: DifferenceCounts;
}

export interface Verification extends VerificationCounts {
  /** Where the hashes were made: by both servers in SQL, or by DuckDB from files. */
  readonly by: 'sql' | 'duckdb';
  readonly sample: readonly Difference[];
  /** There are more differences than `sample` lists. */
  readonly truncated: boolean;
  /** Too many rows differ to be looked at one by one: there may be more than `differences` counts. */
  readonly atLeast: boolean;
  /** Rows of both sides that were fetched with their hashes, because their bucket differed. */
  readonly examinedRows: number;
  /** Fields that were not compared, because the target has no column for them. */
  readonly skippedColumns: readonly string[];
  /** What is worth knowing of this comparison. */
  readonly notes: readonly string[];
  /** RFC 3339, UTC. */
  readonly checkedAt: string;
}
