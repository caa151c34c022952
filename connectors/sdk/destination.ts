/**
 * The contract of a destination: what it is asked to load, and what its ledger answers.
 * @module
 */
import type { BoundarySet, Position } from '../../checkpoint/position.js';
import type { RejectReason } from '../../platform/db/store.js';
import type { Engine } from '../../platform/duckdb/engine.js';
import type { RowPolicy, WriteMode } from '../../schema/connection-config.js';
import type { PublishWay } from '../../schema/sync-plan.js';
import type { Field, Target } from '../../schema/types.js';
import type { ReadBackRequest, TargetHashRequest, TargetHashes } from './hashes.js';
import type { CheckResult, ColumnWindow, ConnectorContext, ConnectorInfo, FileEvent } from './types.js';

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

/** What a fence would find now. */
export type Outlook = Omit<Extract<FenceResult, { outcome: 'raised' }>, 'outcome' | 'asOf' | 'endedSessions'> & {
  /** False before the first run of any connection: what Millrace keeps for itself is created by it. */
  readonly hasLedger: boolean;
};

/** The first slice of a run, without its rows. */
export type TargetPlanRequest = Omit<LoadRequest, 'engine' | 'tempDir' | 'attempt' | 'keepRejects'>;

/** What loading would do to the catalog of the destination. */
export interface TargetPlan {
  /** In order, each as a statement that would have the same outcome; what Millrace keeps for itself is left out. */
  readonly statements: readonly string[];
  readonly publish: PublishWay;
}

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

/**
 * `window`: to replace the rows of a window in an appended table, as a backfill does. `quarantine`: to keep rows aside that need a
 * change of columns which nobody has accepted.
 */
export type Refusal = 'window' | 'quarantine';

export interface DestinationDefinition<Config> extends ConnectorInfo<Config> {
  /** What it can hold (DESIGN section 9). */
  readonly guarantee: 'transactional' | 'idempotent' | 'at_least_once';
  /** The modes that it can load; all when absent. Connections with another one are refused when they are saved. */
  readonly modes?: readonly WriteMode[];
  /** What it refuses besides; none when absent. */
  readonly refuses?: readonly Refusal[];
  check(context: ConnectorContext<Config>): Promise<CheckResult>;
  /** Where a stream goes when the connection does not say. */
  defaultTarget(config: Config, stream: string): Target;
  /** Whether `load` takes segments of this native format for these fields, into a table that it creates. */
  takesNative?(format: string, fields: readonly Field[]): boolean;
  /** Raises the epoch, ends sessions of lower epochs, answers with the ledger: one transaction (I9). */
  fence(context: ConnectorContext<Config>, request: FenceRequest): Promise<FenceResult>;
  /** What `fence` would answer, without raising an epoch or ending a session; changes nothing. */
  outlook?(context: ConnectorContext<Config>, request: Omit<FenceRequest, 'epoch' | 'run'>): Promise<Outlook>;
  /**
   * What `load` would do to the target before and after it writes rows, by the same decisions; changes nothing and takes no
   * locks that others wait for. @throws MillraceError what `load` would throw before it writes rows
   */
  planTarget?(context: ConnectorContext<Config>, request: TargetPlanRequest): Promise<TargetPlan>;
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
