/**
 * What a run would do, told before it does it.
 * @module
 */
import type { SchemaChange } from './schema-diff.js';
import type { Target } from './types.js';

/** How rows come into the target. */
export type PublishWay =
  /** Slice by slice, straight into the table. */
  | 'in_place'
  /** A table beside it takes its place, at once. */
  | 'swap'
  /** All rows of the table that is there are replaced, at once: something hangs on it. */
  | 'replace_rows'
  /** Only what differs is written, at once. */
  | 'difference'
  /** Collected beside it and added at once. */
  | 'append';

/** What becomes of the target's columns when the source has changed, by the stream's policy. */
export type SchemaEffect =
  | 'none'
  /** The target follows. */
  | 'follows'
  /** New columns are left out. */
  | 'left_out'
  /** Rows that need the change are rejected. */
  | 'rejected'
  /** The stream stops until the version is accepted. */
  | 'stops';

export interface SchemaOutlook {
  /** The version that was accepted last; null where no run has met the stream yet. */
  readonly accepted: number | null;
  readonly policy: string;
  readonly changes: readonly SchemaChange[];
  readonly effect: SchemaEffect;
}

export interface PlannedRows {
  readonly count: number;
  /** Counted, and not guessed. */
  readonly exact: boolean;
  /** So many of them are read again and known already, or most of them. */
  readonly again: number;
}

export interface PlannedStream {
  readonly name: string;
  readonly mode: string;
  readonly target: Target;
  readonly cursorField: string | null;
  /** Where it goes on, as a position. */
  readonly from: unknown;
  /** The largest cursor value that would be read; null where the source cannot tell. */
  readonly to: string | null;
  /** Null where the source cannot tell. */
  readonly rows: PlannedRows | null;
  /** What was loaded is replaced. */
  readonly refresh: boolean;
  readonly schema: SchemaOutlook | null;
  /** Changes of the target's catalog, in order; null where the destination cannot tell. */
  readonly ddl: readonly string[] | null;
  readonly publish: PublishWay | null;
  readonly notes: readonly string[];
  /** Why it would not run. */
  readonly error: { readonly code: string; readonly message: string; readonly suggestion: string } | null;
}

export interface PlannedRun {
  readonly streams: readonly PlannedStream[];
  readonly notes: readonly string[];
}
