/**
 * How far a feed has been read: positions, cursor values and boundary sets. These shapes stand in ledgers and in
 * workflow state, so they are frozen by `test/golden`; change them only with a new version and a migration.
 * @module
 */

/** Types that a cursor can have. Values always travel as the source's own text, so no precision is ever lost (I3). */
export type CursorType = 'int' | 'decimal' | 'timestamp' | 'timestamptz' | 'date' | 'string' | 'lsn' | 'token';

/** A cursor field's value: the largest that was read. `value` is null while only NULLs were seen. */
export interface CursorMark {
  readonly type: CursorType;
  readonly field: string;
  readonly value: string | null;
  /** Digest of the boundary set at `value`; the set itself stands in the ledger row. Absent when the set is empty. */
  readonly boundary?: string;
}

/**
 * A scan in key order that is not finished. `after` holds the key of the last row read, as text, in the order of `by`.
 * `upper` bounds the cursor field during the first read of an incremental stream; `largest` is the largest cursor value
 * taken so far and becomes the cursor when the scan ends.
 */
export interface ScanMark {
  readonly by: readonly string[];
  readonly after: readonly string[];
  readonly upper?: CursorMark;
  readonly largest?: CursorMark;
}

export type Position =
  | { readonly kind: 'start' }
  | { readonly kind: 'scan'; readonly scan: ScanMark }
  | { readonly kind: 'cursor'; readonly cursor: CursorMark }
  | { readonly kind: 'end' };

export const START: Position = { kind: 'start' };
export const END: Position = { kind: 'end' };

/**
 * The multiset of row hashes already taken at the cursor's last value. `fields` names what was hashed (source values,
 * before transforms), in order; a column that was added later is therefore no part of the comparison.
 */
export interface BoundarySet {
  readonly algorithm: 'md5-v1';
  readonly fields: readonly BoundaryField[];
  /** Hash → how many rows had it; absent when the set is large and stands in `file`. */
  readonly hashes?: Readonly<Record<string, number>>;
  /** A pinned Parquet file with columns `hash` and `count`. */
  readonly file?: { readonly key: string; readonly sha256: string; readonly rows: number };
}

export interface BoundaryField {
  readonly name: string;
  /** DuckDB type whose text was hashed. */
  readonly stage: string;
}

/** One canonical text per position: sorted keys, nothing left to the order of insertion. The ledger chain compares these. */
export function positionText(position: Position): string {
  return canonicalJson(position);
}

export function parsePosition(text: string): Position {
  return JSON.parse(text) as Position;
}

export function samePosition(a: Position, b: Position): boolean {
  return positionText(a) === positionText(b);
}

/** JSON with sorted object keys and without undefined members. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
