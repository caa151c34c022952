import type { BoundarySet, Position } from '../../checkpoint/position.js';
import type { Catalog, Field, StreamDescription, Target } from '../../schema/types.js';
import type { Condition, RowPolicy, WriteMode } from '../../schema/connection-config.js';
import type { CursorDistance } from '../../schema/cursor-distance.js';
import type { RejectReason } from '../../platform/db/store.js';
import type { Engine } from '../../platform/duckdb/engine.js';
import type { z } from 'zod';
import type { ReadBackRequest, SourceHashRequest, SourceHashes, TargetHashRequest, TargetHashes } from './hashes.js';

/** What every connector call gets. `signal` must reach sockets and queries: it fires on cancel, timeout and shutdown. */
export interface ConnectorContext<Config> {
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly log: ConnectorLog;
  /** Names our sessions in the other system: `millrace/<connection>/<epoch>/<feed>/<attempt>`, at most 63 bytes. */
  readonly sessionName: string;
}

export interface ConnectorLog {
  debug(message: string, facts?: Record<string, unknown>): void;
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
}

export interface CheckResult {
  readonly ok: true;
  /** Facts a person likes to see: server version, user, database. No secrets. */
  readonly facts: Readonly<Record<string, string>>;
}

/** One read of one stream from one position. */
export interface ReadRequest {
  readonly stream: StreamDescription;
  /** The fields to read, in order: the selected ones plus key and cursor. */
  readonly fields: readonly Field[];
  readonly sync: 'full' | 'incremental';
  readonly primaryKey: readonly string[];
  readonly cursorField?: string;
  readonly nullCursor: 'include' | 'exclude' | 'error';
  /** Rows with a NULL cursor are wanted again in every run (merge modes), not only in the first read. */
  readonly rereadNullCursor: boolean;
  readonly settleMs: number;
  /** Only rows that meet all of these are read or counted; their fields need not be among `fields`. See `sdk/filter.ts`. */
  readonly filter?: readonly Condition[];
  /** Rows newer than this wait for a later run: below the clock for times, below the largest value for numbers. */
  readonly holdBack?: CursorDistance;
  /** Rows so far below the cursor are read again, in the same slice as those at the cursor. */
  readonly lag?: CursorDistance;
  readonly position: Position;
  /** A slice should stay near these; a slice always ends at a mark. */
  readonly sliceRows: number;
  readonly sliceBytes: number;
  /** A private folder for files handed over by `file` events; the engine removes it. */
  readonly tempDir: string;
  /** Set when the destination takes this format of the source's as it is, and nothing looks at the rows in between. */
  readonly native?: string;
}

/** Plain objects with a value per field; anything that is not a string, number, boolean, bigint or null is passed as text. */
export interface RowsEvent {
  readonly kind: 'rows';
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A file the engine reads with DuckDB, so that rows never become JavaScript objects. */
export interface FileEvent {
  readonly kind: 'file';
  readonly file: StagedFile;
  /** Rows in the file where the source counted them; the engine compares (I7). */
  readonly rows?: number;
  readonly bytes: number;
}

/** How one column of a CSV file becomes a staged column; tried in order until every value of the file fits. */
export interface CsvColumnRule {
  /** Type in DuckDB's `read_csv`. */
  readonly read: string;
  /** Expression that yields the staged value from the column reference. */
  readonly stage: (column: string) => string;
}

export type StagedFile =
  | {
      /** Rows in a format that the destination reads itself; see `ReadRequest.native`. */
      readonly format: 'native';
      readonly native: string;
      readonly path: string;
    }
  | {
      /** CSV with a header line, comma, double quotes, LF, NULL as nothing and '' as `""`: what Postgres writes. */
      readonly format: 'csv';
      readonly path: string;
      /** One line feed more than rows proves that no value spans lines, so the file may be read in parallel. */
      readonly lineFeeds: number;
      /** Per requested field, in order: at least one rule, the last one must hold any text. */
      readonly columns: readonly (readonly CsvColumnRule[])[];
    }
  | {
      readonly format: 'duckdb-scan';
      /** A DuckDB table expression over local files, made by the connector, never by users: `read_csv('…', …)`. */
      readonly scan: string;
      /** Per requested field, in order: the expression over the scan that yields its staged value. */
      readonly select: readonly string[];
      /** For messages: which files these are, in the source's own names. */
      readonly label: string;
    };

/**
 * Everything before the mark is covered by `position`. `largest` asks the engine to complete the position with the
 * largest cursor value it staged and with its boundary set.
 */
export interface MarkEvent {
  readonly kind: 'mark';
  readonly position: MarkPosition;
  /** The stream has nothing more in this run. */
  readonly done: boolean;
}

export type MarkPosition =
  | { readonly kind: 'exact'; readonly position: Position }
  /** Incremental slice: the cursor becomes the largest value staged, or stays when nothing was. */
  | {
      readonly kind: 'largest';
      /** Given by sources whose cursor values only they can compare; the engine finds it otherwise. */
      readonly value?: string;
    }
  /** First read of an incremental stream: scan on, or done: the cursor becomes the largest value of the whole scan. */
  | {
      readonly kind: 'scanned';
      readonly by: readonly string[];
      /** Key of the last row read; null when the scan is complete. */
      readonly after: readonly string[] | null;
      readonly upper: string | null;
      readonly value?: string;
    };

/** Rows may still be on their way below the upper bound; the run goes on without them and says so. Not a failure. */
export interface DelayedEvent {
  readonly kind: 'delayed';
  readonly reason: string;
}

/**
 * Nobody can tell whether rows are still on their way below the upper bound (I4). Comes before any data; the engine decides
 * whether the read goes on.
 */
export interface UnprovenEvent {
  readonly kind: 'unproven';
  /** Why, in words that follow a colon. */
  readonly reason: string;
}

export type ReadEvent = RowsEvent | FileEvent | MarkEvent | DelayedEvent | UnprovenEvent;

export interface ConnectorInfo<Config> {
  readonly id: string;
  readonly title: string;
  readonly stability: 'stable' | 'beta' | 'alpha';
  /** Validates and documents the configuration; mark secret fields with `secret()`. */
  readonly config: z.ZodType<Config>;
}

/** A source. An optional ability is the presence of its method. */
export interface SourceDefinition<Config> extends ConnectorInfo<Config> {
  /** Who knows how far a stream was read: one of its fields (default), or the source itself, e.g. by a file's time of change. */
  readonly cursor?: 'field' | 'source';
  /** Connects and proves that reading is possible. @throws MillraceError `connector.*` */
  check(context: ConnectorContext<Config>): Promise<CheckResult>;
  /** Lists streams with fields, keys and estimates; only `streams` when given. */
  discover(context: ConnectorContext<Config>, streams?: readonly string[]): Promise<Catalog>;
  /**
   * Reads from `request.position` on. Yields data, then a mark, and so on. The engine may stop after any mark, and later
   * goes on from that mark's position, maybe in another process: nothing may be kept between calls.
   */
  read(context: ConnectorContext<Config>, request: ReadRequest): AsyncIterable<ReadEvent>;
  /**
   * Reads the rows of one window of the cursor field, in slices as `read` does; its marks are exact and say nothing of the
   * stream's cursor. Present where the source can be asked for a window.
   */
  readWindow?(context: ConnectorContext<Config>, request: ReadRequest, window: ColumnWindow): AsyncIterable<ReadEvent>;
  /** A bulk format in which these fields can be read without loss. */
  nativeFormat?(fields: readonly Field[]): string | undefined;
  /** The rows of a stream as hashes that the source makes itself; undefined where they would not be like the other side's. */
  sourceHashes?(context: ConnectorContext<Config>, request: SourceHashRequest): Promise<SourceHashes | undefined>;
}

/** What the ledger knows of one feed. */
export interface LedgerPosition {
  readonly feed: string;
  readonly lineage: number;
  readonly seq: number;
  readonly position: Position;
  /** What was already taken at the cursor's last value. */
  readonly boundary?: BoundarySet;
  /** Its rows are in a shadow that was not published yet. */
  readonly shadow: boolean;
}

/** `live` is the connection's own cursor; backfills and replays load under tracks of their own. */
export type Track = 'live' | `backfill/${number}` | `replay/${number}` | `rejects/${string}`;

export interface FenceRequest {
  readonly connectionId: string;
  readonly epoch: number;
  readonly run: number;
  readonly track: Track;
  readonly feeds: readonly FenceFeed[];
}

export interface LoadedAs {
  readonly mode: WriteMode;
  /** Empty in modes without a key. */
  readonly key: readonly string[];
}

export interface FenceFeed {
  readonly name: string;
  readonly target: Target;
  /** A cursor that was set by hand: what was taken at its value is looked up in earlier lineages. */
  readonly setTo?: Position;
}

/** `refused` means that the destination has already seen a higher epoch; nothing was changed. */
export type FenceResult =
  | {
      readonly outcome: 'raised';
      readonly live: readonly LedgerPosition[];
      /** Of the requested track; the same as `live` when it is that. */
      readonly track: readonly LedgerPosition[];
      /** Feeds whose target table is not there. */
      readonly missingTargets: readonly string[];
      /** How the rows of a feed's target were loaded, where that is known. */
      readonly loadedAs: Readonly<Record<string, LoadedAs>>;
      /** The run's moment by the destination's clock, later than that of every run before; RFC 3339, UTC. */
      readonly asOf: string;
      /** For feeds with `setTo`. */
      readonly boundaries: Readonly<Record<string, BoundarySet>>;
      readonly endedSessions: number;
    }
  | { readonly outcome: 'refused'; readonly epoch: number };

/** Everything that a ledger knows of a connection. */
export interface Standing {
  /** 0 when the destination has never seen the connection. */
  readonly epoch: number;
  readonly ledger: readonly LedgerPosition[];
}

/** One slice that a run has loaded. */
export interface LoadedSlice {
  readonly feed: string;
  readonly lineage: number;
  readonly seq: number;
  readonly manifestSha256: string;
}

/** A slice of which rows were rejected, or that brought rejected rows once more. */
export interface SliceFate {
  readonly track: Track;
  readonly lineage: number;
  readonly seq: number;
  readonly rejected: number;
  readonly rejects?: KeptRejects;
}

/** What became of the rows of one feed. */
export interface FeedFate {
  /** Of the newest read on the connection's own track; 0 when there is none. */
  readonly lineage: number;
  readonly slices: readonly SliceFate[];
}

/** Slices of one run on the connection's own track, or all that matter for what the target holds now. */
export interface FateRequest {
  readonly connectionId: string;
  readonly feed: string;
  readonly run?: number;
}

/** One staged segment on this machine, ready to be read by DuckDB. */
export interface SegmentFile {
  readonly path: string;
  /** `parquet`, or a native format that the destination said it takes. */
  readonly format: string;
  readonly rows: number;
  /** The same columns as the slice's; `stage` may be VARCHAR here where a value did not fit the usual type. */
  readonly columns: readonly StagedColumn[];
}

/** A column of a staged slice. */
export interface StagedColumn extends Field {
  /** Its name in the Parquet file; differs from `name` only where two names are equal but for case. */
  readonly column: string;
  /** DuckDB type in the Parquet file; VARCHAR when the values travel as the source's own text. */
  readonly stage: string;
}

/** Everything a destination needs to load one slice in one transaction (I2). */
export interface LoadRequest {
  readonly connectionId: string;
  readonly stream: string;
  readonly feed: string;
  readonly epoch: number;
  readonly run: number;
  readonly track: Track;
  readonly lineage: number;
  readonly seq: number;
  readonly from: Position;
  readonly to: Position;
  readonly boundary?: BoundarySet;
  readonly manifestSha256: string;
  readonly mode: WriteMode;
  readonly dedup: 'newest_wins' | 'last_load_wins';
  /** mirror: what becomes of rows that are gone. */
  readonly deletes: 'hard' | 'soft';
  readonly onDependents: 'auto' | 'refuse';
  /** Changes of the source that nobody has accepted: rows that need them are rejected. */
  readonly quarantine?: Quarantine;
  /** What becomes of a row that the target refuses (I7). */
  readonly rowPolicy: RowPolicy;
  readonly primaryKey: readonly string[];
  /** The source itself keeps the key unique, and nothing changes the rows on their way. */
  readonly uniqueKey: boolean;
  /** Every run reads all of the stream. */
  readonly whole: boolean;
  readonly cursorField?: string;
  readonly target: Target;
  readonly columns: readonly StagedColumn[];
  readonly segments: readonly SegmentFile[];
  readonly rows: number;
  /** Rows by fate so far, kept in the ledger row. */
  readonly extracted: number;
  readonly repeated: number;
  readonly filtered: number;
  readonly extractedAt: string;
  /** The run's one moment, as `fence` gave it. */
  readonly asOf: string;
  readonly tempDir: string;
  /** Reads the segments; never sees SQL of users. */
  readonly engine: Engine;
  /** Rows go into a shadow that nobody reads (I5). */
  readonly shadow?: ShadowLoad;
  readonly attempt: number;
  /** A connection that was deleted: its targets may be taken over. */
  readonly formerOwner?: string;
  /** Keeps rejected rows where they outlive the run. Called before the commit, so that no row is ever nowhere (I7). */
  keepRejects(rejected: RejectedRows): Promise<KeptRejects>;
}

export type { RejectReason } from '../../platform/db/store.js';

/** Rows of a slice that are not loaded, by their numbers. */
export interface RejectedRows {
  /** A CSV file without a header, every value quoted: number of the row in the slice, from 1; its reasons as a JSON array. */
  readonly path: string;
  readonly rows: number;
  readonly reasons: readonly RejectReason[];
}

/** Rejected rows in the stage, as the ledger records them. */
export interface KeptRejects {
  readonly manifest: string;
  readonly sha256: string;
  readonly rows: number;
}

/** How a stream's columns differ from those that were accepted. */
export interface Quarantine {
  /** Names of columns that came. */
  readonly added: readonly string[];
  /** Columns whose type has changed, as they were accepted. */
  readonly retyped: readonly Field[];
}

export interface ShadowLoad {
  /** This slice is the last: its transaction puts the shadow in place. */
  readonly publish: boolean;
  /** Whatever the target holds gives way to the shadow, in modes that would only add to it, too. */
  readonly replace: boolean;
  /** Only rows of this window give way to the shadow. */
  readonly window?: ColumnWindow;
}

/** Rows whose field is at or above `from`, and below both `to` and `below`; open where absent. Values are the source's own text. */
export interface ColumnWindow {
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
  readonly below?: string;
}

/** What the ledger holds for the slice after the call, whether this call wrote it or an earlier one. */
export interface LoadResult {
  readonly seq: number;
  readonly to: Position;
  readonly rows: { readonly loaded: number; readonly rejected: number; readonly superseded: number };
  readonly rejects?: KeptRejects;
  /** True when an earlier attempt had already committed this slice. */
  readonly alreadyLoaded: boolean;
  /** What was done to the target besides adding rows, in words: changed columns, rows that were updated or deleted. */
  readonly notes: readonly string[];
}

export interface DestinationDefinition<Config> extends ConnectorInfo<Config> {
  /** What it can hold (DESIGN section 9). */
  readonly guarantee: 'transactional' | 'idempotent' | 'at_least_once';
  check(context: ConnectorContext<Config>): Promise<CheckResult>;
  /** Where a stream goes when the connection does not say. */
  defaultTarget(config: Config, stream: string): Target;
  /** Whether `load` takes segments of this native format for these fields, into a table that it creates. */
  takesNative?(format: string, fields: readonly Field[]): boolean;
  /** Raises the epoch, ends sessions of lower epochs, answers with the ledger: one transaction (I9). */
  fence(context: ConnectorContext<Config>, request: FenceRequest): Promise<FenceResult>;
  /** What the ledger knows of a connection, all lineages of its own cursor; changes nothing. */
  standing(context: ConnectorContext<Config>, connectionId: string): Promise<Standing>;
  /** The slices of one run on the connection's own track, in the order in which they were loaded. */
  slicesOfRun(context: ConnectorContext<Config>, connectionId: string, run: number): Promise<readonly LoadedSlice[]>;
  /** What the ledger says of rows that were rejected. */
  fateOf?(context: ConnectorContext<Config>, request: FateRequest): Promise<FeedFate>;
  /** The runs that loaded rows of one read on the connection's own track. */
  runsOfRead?(
    context: ConnectorContext<Config>,
    request: { readonly connectionId: string; readonly feed: string; readonly lineage: number },
  ): Promise<readonly number[]>;
  /** Loads one slice. @throws MillraceError `load.stale_epoch`, `load.stale_position` (facts: seq, position), `load.*` */
  load(context: ConnectorContext<Config>, request: LoadRequest): Promise<LoadResult>;
  /** The rows of a target as hashes that the destination makes itself. @throws MillraceError `verify.not_possible` */
  targetHashes?(context: ConnectorContext<Config>, request: TargetHashRequest): Promise<TargetHashes>;
  /** Reads rows of a target back as they were staged, for comparisons. @throws MillraceError `verify.not_possible` */
  readBack?(context: ConnectorContext<Config>, request: ReadBackRequest): AsyncIterable<FileEvent>;
}
