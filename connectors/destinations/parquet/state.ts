/**
 * What a connection has loaded, as its log tells it: the log's entries, and what they add up to. Pure; the shapes stand in files, so
 * change them only with a new `format`.
 * @module
 */
import { type BoundarySet, type Position, positionText } from '../../../checkpoint/position.js';
import type { WriteMode } from '../../../schema/connection-config.js';
import type { Target } from '../../../schema/types.js';
import type { KeptRejects, Track } from '../../sdk/destination.js';

export const FORMAT = 'millrace-parquet/1';

/** A file of a slice: written under its incoming key, later found under its name in the table's folder. */
export interface DataFile {
  readonly name: string;
  readonly incoming: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface FileColumn {
  readonly name: string;
  /** DuckDB's type. */
  readonly type: string;
}

interface EntryInfo {
  readonly format: typeof FORMAT;
  /** Tells whose entry it is when the answer to writing it was lost. */
  readonly id: string;
  readonly epoch: number;
  readonly run: number;
  /** RFC 3339. */
  readonly at: string;
}

/** A run has taken the connection over. */
export interface FenceEntry extends EntryInfo {
  readonly kind: 'fence';
  readonly asOf: string;
}

/** A table was given to another connection, after this one was deleted. */
export interface ReleaseEntry extends EntryInfo {
  readonly kind: 'release';
  readonly target: Target;
}

export interface SliceRows {
  readonly extracted: number;
  readonly repeated: number;
  readonly filtered: number;
  readonly loaded: number;
  readonly rejected: number;
}

/** One loaded slice: a row of the ledger. */
export interface SliceEntry extends EntryInfo {
  readonly kind: 'slice';
  readonly feed: string;
  readonly track: Track;
  readonly lineage: number;
  readonly seq: number;
  readonly from: Position;
  readonly to: Position;
  readonly boundary?: BoundarySet;
  readonly manifest: string;
  readonly rows: SliceRows;
  readonly rejects?: KeptRejects;
  readonly target: Target;
  readonly mode: WriteMode;
  readonly columns: readonly FileColumn[];
  readonly files: readonly DataFile[];
  /** `collect`: nobody sees it yet; `add` and `replace`: with all that was collected, to or instead of what the table holds. */
  readonly effect: 'collect' | 'add' | 'replace';
}

export type LogEntry = FenceEntry | ReleaseEntry | SliceEntry;

/** The last slice of a track. */
export interface Head {
  readonly lineage: number;
  readonly seq: number;
  readonly to: Position;
  readonly manifest: string;
  readonly rows: SliceRows;
  readonly rejects?: KeptRejects;
  /** Number of its entry, which holds the boundary set; absent when it has none. */
  readonly boundaryIn?: number;
}

/** Slices of a read that has not ended. */
export interface Collected {
  readonly lineage: number;
  readonly columns: readonly FileColumn[];
  readonly files: readonly DataFile[];
}

export interface Table {
  readonly target: Target;
  readonly feed: string;
  readonly mode: WriteMode;
  readonly columns: readonly FileColumn[];
  readonly files: readonly DataFile[];
  /** Number of the entry that changed it last; its manifest has the same. */
  readonly version: number;
}

export interface State {
  readonly format: typeof FORMAT;
  /** Number of the last entry; 0 for an empty log. */
  readonly version: number;
  readonly epoch: number;
  readonly run: number;
  readonly asOf: string;
  /** By feed and track. */
  readonly heads: Readonly<Record<string, Readonly<Record<string, Head>>>>;
  readonly collected: Readonly<Record<string, Readonly<Record<string, Collected>>>>;
  /** By `tableKey`. */
  readonly tables: Readonly<Record<string, Table>>;
}

export const EMPTY: State = { format: FORMAT, version: 0, epoch: 0, run: 0, asOf: '', heads: {}, collected: {}, tables: {} };

export const tableKey = ({ schema, table }: Target): string => JSON.stringify([schema, table]);

/** The state after one more entry. */
export function withEntry(state: State, entry: LogEntry): State {
  const next = { ...state, version: state.version + 1, epoch: entry.epoch, run: entry.run };
  switch (entry.kind) {
    case 'fence':
      return { ...next, asOf: entry.asOf };
    case 'release': {
      const { [tableKey(entry.target)]: _released, ...tables } = state.tables;
      return { ...next, tables };
    }
    case 'slice':
      return withSlice(next, entry);
  }
}

function withSlice(state: State, entry: SliceEntry): State {
  const { feed, track } = entry;
  const heads = { ...state.heads, [feed]: { ...state.heads[feed], [track]: headOf(entry, state.version) } };
  const held = collectedBy(state, entry);
  const read: Collected = {
    lineage: entry.lineage,
    columns: mergedColumns(held?.columns ?? [], entry.columns),
    files: [...(held?.files ?? []), ...entry.files],
  };
  const { [track]: _, ...others } = state.collected[feed] ?? {};
  if (entry.effect === 'collect')
    return { ...state, heads, collected: { ...state.collected, [feed]: { ...others, [track]: read } } };
  const collected = { ...state.collected, [feed]: others };
  return { ...state, heads, collected, tables: { ...state.tables, [tableKey(entry.target)]: changedTable(state, entry, read) } };
}

/** What earlier slices of the same read have brought, unless this one begins it. */
export function collectedBy(
  state: State,
  { feed, track, lineage, seq }: Pick<SliceEntry, 'feed' | 'track' | 'lineage' | 'seq'>,
): Collected | undefined {
  const held = state.collected[feed]?.[track];
  return held?.lineage === lineage && seq > 1 ? held : undefined;
}

function changedTable(state: State, { effect, target, feed, mode }: SliceEntry, read: Collected): Table {
  const held = effect === 'add' ? state.tables[tableKey(target)] : undefined;
  return {
    ...{ target, feed, mode },
    columns: mergedColumns(held?.columns ?? [], read.columns),
    files: [...(held?.files ?? []), ...read.files],
    version: state.version,
  };
}

/** Later files say how a column is now; columns that they lack stay. */
function mergedColumns(held: readonly FileColumn[], fresh: readonly FileColumn[]): readonly FileColumn[] {
  const types = new Map([...held, ...fresh].map(({ name, type }) => [name, type]));
  return [...types].map(([name, type]) => ({ name, type }));
}

function headOf(entry: SliceEntry, version: number): Head {
  const { lineage, seq, to, manifest, rows, rejects, boundary } = entry;
  const kept = rejects ? { rejects } : {};
  return { lineage, seq, to, manifest, rows, ...kept, ...(boundary ? { boundaryIn: version } : {}) };
}

/** What a slice means for the chain (I2). */
export type Acceptance =
  | { readonly outcome: 'follows' }
  | { readonly outcome: 'loaded'; readonly head: Head }
  | { readonly outcome: 'stale'; readonly seq: number; readonly position: Position };

export interface OfferedSlice extends Pick<SliceEntry, 'feed' | 'track' | 'lineage' | 'seq' | 'from'> {
  readonly manifestSha256: string;
}

/** I2: a slice is accepted only where the last one of its lineage ended. */
export function acceptSlice(state: State, { feed, track, lineage, seq, from, manifestSha256 }: OfferedSlice): Acceptance {
  const newest = state.heads[feed]?.[track];
  const last = newest !== undefined && newest.lineage >= lineage ? newest : undefined;
  if (last?.lineage === lineage && last.seq === seq && last.manifest === manifestSha256) return { outcome: 'loaded', head: last };
  const follows = last
    ? last.lineage === lineage && last.seq === seq - 1 && positionText(last.to) === positionText(from)
    : seq === 1;
  return follows ? { outcome: 'follows' } : { outcome: 'stale', seq: last?.seq ?? 0, position: last?.to ?? { kind: 'start' } };
}
