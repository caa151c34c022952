/**
 * What workflows hand to activities and get back: ids, counts, positions and references into the stage.
 * @module
 */
import type { Position } from '../checkpoint/position.js';
import type { KeptRejects, RejectReason } from '../connectors/sdk/destination.js';
import type { CheckResult } from '../connectors/sdk/types.js';
import type { Catalog } from '../schema/types.js';
import type { VerificationCounts, VerifyMethod, VerifyScope } from '../schema/verification.js';
import type { SliceRef } from '../stage/manifest.js';
import type {
  FeedState,
  PlanInput,
  PreviewInput,
  ProbeInput,
  RunPurpose,
  RunStatus,
  StageRef,
  StateChange,
  SyncRequest,
  TickAnswer,
  Trigger,
} from '../workflows/messages.js';
import type { RunError, RunRows, StreamRecord } from '../platform/db/store.js';

export interface RunRef {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly runId: string;
  readonly number: number;
  readonly epoch: number;
  readonly workflowId: string;
  readonly trigger: Trigger;
}

export type { StageRef } from '../workflows/messages.js';

export interface PrepareInput {
  readonly run: RunRef;
  readonly feeds: Readonly<Record<string, FeedState>>;
  readonly streams?: readonly string[];
  readonly refresh?: readonly string[];
  readonly purpose?: RunPurpose;
  /** Full reads go on where the run before stopped. */
  readonly unfinished?: boolean;
  readonly startedAt: string;
}

/** Where a feed stands: the next slice starts here. */
export interface Place {
  readonly lineage: number;
  readonly generation: number;
  readonly seq: number;
  readonly position: Position;
  /** Document that holds the boundary set of the position's cursor. */
  readonly boundary?: StageRef;
  /** Rows go into a shadow, which replaces the target when the feed has ended. */
  readonly refreshing?: true;
}

export interface PreparedFeed {
  readonly feed: string;
  readonly transforms: boolean;
  readonly place: Place;
  /** How source and target are compared after the last load; absent when they are not. */
  readonly verify?: VerifyMethod;
  /** What people should know of where it starts. */
  readonly notes: readonly string[];
  /** Set when the run goes on in a new history: what the feed did so far. */
  readonly progress?: StreamRecord;
  /** Why the feed cannot run, although the rest of the run can. */
  readonly error?: RunError;
}

export type Prepared =
  | {
      readonly outcome: 'ready';
      readonly plan: StageRef;
      readonly feeds: readonly PreparedFeed[];
      readonly notes: readonly string[];
      /** Whether the run moves the connection's own cursors; a backfill or replay does not. */
      readonly live: boolean;
      readonly limits: RunLimits;
      /** How long staged files outlive the run when it succeeds. */
      readonly keepStagedMs: number;
    }
  /** The destination has seen a higher epoch: the state that this run began with is older than the destination. */
  | { readonly outcome: 'behind'; readonly epoch: number };

export interface RunLimits {
  readonly parallelStreams: number;
  /** So many streams begin in one step; absent where each has a step of its own from its begin. */
  readonly together?: number;
  /** The run ends at the next slice edge when it has taken so many rows, or so much time. */
  readonly rows?: number;
  readonly durationMs?: number;
}

export interface ExtractInput {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: string;
  readonly place: Place;
}

/** Feeds that begin in one step, so many of them read side by side. */
export interface ExtractTogetherInput {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feeds: readonly Pick<ExtractInput, 'feed' | 'place'>[];
  readonly parallel: number;
}

export interface Extracted {
  /** Null when nothing is new and the position stays. */
  readonly slice: SliceRef | null;
  readonly to: Position;
  readonly boundary?: StageRef;
  readonly done: boolean;
  readonly delayed?: string;
  /** Why the upper bound cannot be proven (I4). */
  readonly unproven?: string;
  readonly rows: { readonly extracted: number; readonly repeated: number };
  readonly bytes: number;
}

export interface TransformInput {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: string;
  readonly slice: SliceRef;
}

export interface Transformed {
  readonly slice: SliceRef;
  readonly filtered: number;
}

export interface LoadInput {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: string;
  readonly lineage: number;
  readonly seq: number;
  readonly refreshing: boolean;
  readonly slice: SliceRef;
  /** The feed has nothing more in this run. */
  readonly last: boolean;
  /** The stream so far, for the projection that people watch. */
  readonly progress: StreamRecord;
}

export interface Loaded {
  readonly seq: number;
  readonly to: Position;
  readonly rows: { readonly loaded: number; readonly rejected: number; readonly superseded: number };
  /** What was done to the target besides adding rows, in words. */
  readonly notes: readonly string[];
  readonly rejects?: LoadedRejects;
}

/** Rejected rows of a slice, by reference, with the commonest reasons. */
export interface LoadedRejects extends KeptRejects {
  readonly reasons: readonly RejectReason[];
  /** The metadata database was away: they are still to be listed. */
  readonly unrecorded?: true;
}

export interface LocateInput {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: string;
  readonly place: Place;
}

/** A comparison of one stream with its target. */
export interface VerifyInput {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly stream: string;
  readonly method: VerifyMethod;
  readonly of: LoadedByRun | AskedFor;
}

/** At the end of a run, by its plan. */
export interface LoadedByRun {
  readonly kind: 'run';
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly position: Position;
}

/** Somebody wants to know. */
export interface AskedFor {
  readonly kind: 'request';
  readonly verificationId: string;
  readonly scope: VerifyScope;
  /** For `scope: run`. */
  readonly run?: { readonly number: number; readonly staged: StageRef };
}

/** Null when it could not be compared; `notes` say why. */
export interface Verified {
  readonly counts: VerificationCounts | null;
  readonly notes: readonly string[];
}

export interface EndVerificationInput {
  readonly verificationId: string;
  readonly cancelled: boolean;
  /** Streams that could not be compared. */
  readonly errors: Readonly<Record<string, RunError>>;
}

export interface FinishInput {
  readonly run: RunRef;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly error: RunError | null;
  readonly streams: readonly StreamRecord[];
  /** The plan of the run; absent when there is none. */
  readonly plan?: StageRef;
  /** Slices of failed streams that are staged and not loaded. */
  readonly pending: Readonly<Record<string, readonly Extracted[]>>;
  /** Everything was loaded: the run's staged files may go, after `keepStagedMs`. */
  readonly clean: boolean;
  readonly keepStagedMs?: number;
}

export interface RecordStreamsInput {
  readonly run: RunRef;
  readonly streams: readonly StreamRecord[];
}

export interface RecoverInput {
  readonly connectionId: string;
}

/** What a connection whose workflow was lost can know. */
export interface Recovered {
  readonly epoch: number;
  readonly revision: number;
  readonly paused: boolean;
  readonly pauseNote: string | null;
  readonly tripped: string | null;
  readonly feeds: Readonly<Record<string, FeedState>>;
}

export interface StateChangeInput {
  readonly connectionId: string;
  readonly change: StateChange;
}

export interface TripBreakerInput {
  readonly connectionId: string;
  /** Runs that failed in a row. */
  readonly failures: number;
  readonly cause: RunError;
}

export interface Activities {
  prepare(input: PrepareInput): Promise<Prepared>;
  extract(input: ExtractInput): Promise<Extracted>;
  /** The next slice of each feed, in their order; null for those that need a step of their own. */
  extractTogether(input: ExtractTogetherInput): Promise<readonly (Extracted | null)[]>;
  transform(input: TransformInput): Promise<Transformed>;
  load(input: LoadInput): Promise<Loaded>;
  /** The feed's place by the ledger, after a load was refused because it did not follow. */
  locate(input: LocateInput): Promise<Place>;
  /**
   * Compares what was loaded with its source and keeps the result where people look.
   * @throws `verify.mismatch` at the end of a run whose rows differ; on demand a difference is an answer
   */
  verify(input: VerifyInput): Promise<Verified>;
  endVerification(input: EndVerificationInput): Promise<void>;
  finish(input: FinishInput): Promise<void>;
  /** Writes streams that have ended where people look, before the run goes on in a new history. */
  recordStreams(input: RecordStreamsInput): Promise<void>;
  /** Where a connection stands by the destination's ledger and the metadata. */
  recover(input: RecoverInput): Promise<Recovered>;
  recordStateChange(input: StateChangeInput): Promise<void>;
  /** Pauses the schedule when enough runs have failed in a row. @returns the reason, or null when it goes on */
  tripBreaker(input: TripBreakerInput): Promise<string | null>;
  closeBreaker(input: RecoverInput): Promise<void>;
  check(input: ProbeInput): Promise<CheckResult>;
  discover(input: ProbeInput): Promise<Catalog>;
  /** Where what a run would do stands; changes nothing. */
  planRun(input: PlanInput): Promise<StageRef>;
  /** Where the rows stand; see `StagedAnswer`. */
  preview(input: PreviewInput): Promise<StageRef>;
  /** Asks a connection that is not running yet to start a run, and to answer the given tick. */
  requestScheduledSync(input: ScheduledSyncInput): Promise<TickAnswer | null>;
}

export interface ScheduledSyncInput {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly request: SyncRequest;
}

export const NO_ROWS: RunRows = { extracted: 0, repeated: 0, filtered: 0, loaded: 0, rejected: 0, superseded: 0 };
