/**
 * Rows of a table as hashes, so that two tables can be compared without moving their rows.
 * @module
 */
import type { Condition } from '../../schema/connection-config.js';
import type { Field, StreamDescription, Target } from '../../schema/types.js';

/** What is hashed, in the source's names. */
export interface HashShape {
  readonly fields: readonly Field[];
  /** Names of the fields that tell one row from another; none where there is no key. */
  readonly key: readonly string[];
  /** `key`: a hash of each field, bound to the row's key. `row`: one hash of the whole row, counted. */
  readonly by: 'key' | 'row';
}

/** Rows of the target that a comparison is about. */
export type TargetRows =
  | { readonly kind: 'all' }
  /** Loaded by this run. */
  | { readonly kind: 'run'; readonly run: number }
  /** Loaded by one of these runs. */
  | { readonly kind: 'runs'; readonly runs: readonly number[] }
  /** Not marked as deleted. */
  | { readonly kind: 'present' }
  /** Current versions of a history. */
  | { readonly kind: 'current' };

export interface TargetHashRequest extends HashShape {
  readonly target: Target;
  readonly rows: TargetRows;
}

export interface SourceHashRequest extends HashShape {
  readonly stream: StreamDescription;
  readonly filter?: readonly Condition[];
  /** Only rows at or below this value of the cursor field, and those whose cursor is NULL when `nulls`. */
  readonly upTo?: { readonly field: string; readonly value: string | null; readonly nulls: boolean };
  /** How the other side prints values, and in which types it holds them; absent types count as the field's own. */
  readonly like: { readonly form: string; readonly types: Readonly<Record<string, string>> };
}

export interface BucketHash {
  readonly bucket: number;
  readonly rows: number;
  /** Of all rows of the bucket, whatever their order. */
  readonly digest: string;
}

/** Values of a key as text. */
export type RowKey = readonly (string | null)[];

/** One row, or several equal ones. */
export interface RowHash {
  /** Of the key, or of the whole row. */
  readonly hash: bigint;
  readonly key: RowKey | null;
  /** A hash per field, in their order; none where rows are compared as a whole. */
  readonly fields: readonly string[];
  readonly rows: number;
}

/** A table as one moment shows it: what is read later belongs to the same moment. */
export interface HashedRows extends AsyncDisposable {
  /** Two sides with the same form have the same hash for the same value. */
  readonly form: string;
  /** A guess. */
  estimate(): Promise<number>;
  count(): Promise<number>;
  /** At most `buckets` of them, a power of two; those without rows are left out. */
  buckets(buckets: number): Promise<readonly BucketHash[]>;
  /** Rows of some buckets in the order of their hashes, a page at a time. */
  rows(buckets: number, only: readonly number[]): AsyncIterable<readonly RowHash[]>;
  /** Rows with one of the keys, each with a hash per field, also where rows are compared as a whole. */
  rowsOf(keys: readonly RowKey[]): Promise<readonly RowHash[]>;
}

/** The source's side. */
export interface SourceHashes extends HashedRows {
  /** Which of the keys exist among rows above `upTo`; as JSON of the key. */
  changedSince(keys: readonly RowKey[]): Promise<ReadonlySet<string>>;
  /** The value of the cursor field as text, by JSON of the key; none where there is no `upTo`. */
  cursors(keys: readonly RowKey[]): Promise<ReadonlyMap<string, string | null>>;
}

/** A row of the target in which values that it does not take are NULL. */
export interface Repair {
  readonly key: RowKey;
  /** Names of the fields. */
  readonly fields: readonly string[];
}

/** The target's side. */
export interface TargetHashes extends HashedRows {
  /** Types of the columns by field; a field without one is not in the target and is not hashed. */
  readonly types: Readonly<Record<string, string>>;
  /** Which of the keys exist among rows of other runs; as JSON of the key. */
  otherRuns(keys: readonly RowKey[]): Promise<ReadonlySet<string>>;
  /** Rows with one of the keys of which values were left out, and say so themselves. */
  repairs(keys: readonly RowKey[]): Promise<readonly Repair[]>;
  /** How many such rows there are among those that are compared. */
  repairedRows(): Promise<number>;
}

/** Reads rows of a target back, as they were staged. */
export interface ReadBackRequest {
  readonly fields: readonly Field[];
  readonly target: Target;
  readonly rows: TargetRows;
  /** A file should stay near this size. */
  readonly fileBytes: number;
  readonly tempDir: string;
}
