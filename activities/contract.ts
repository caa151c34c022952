/**
 * What workflows hand to activities and get back: ids, counts, positions and references into the stage.
 * @module
 */
import type { Position } from '../checkpoint/position.js';
import type { CheckResult } from '../connectors/sdk/types.js';
import type { Catalog } from '../schema/types.js';
import type { SliceRef } from '../stage/manifest.js';
import type { FeedState, ProbeInput, RunStatus, SyncRequest, TickAnswer, Trigger } from '../workflows/messages.js';
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

/** A document in the stage. */
export interface StageRef {
  readonly key: string;
  readonly sha256: string;
}

export interface PrepareInput {
  readonly run: RunRef;
  readonly feeds: Readonly<Record<string, FeedState>>;
  readonly streams?: readonly string[];
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
}

export interface PreparedFeed {
  readonly feed: string;
  readonly transforms: boolean;
  readonly place: Place;
  /** Why the feed cannot run, although the rest of the run can. */
  readonly error?: RunError;
}

export type Prepared =
  | {
      readonly outcome: 'ready';
      readonly plan: StageRef;
      readonly feeds: readonly PreparedFeed[];
      readonly notes: readonly string[];
    }
  /** The destination has seen a higher epoch: the state that this run began with is older than the destination. */
  | { readonly outcome: 'behind'; readonly epoch: number };

export interface ExtractInput {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: string;
  readonly place: Place;
}

export interface Extracted {
  /** Null when nothing is new and the position stays. */
  readonly slice: SliceRef | null;
  readonly to: Position;
  readonly boundary?: StageRef;
  readonly done: boolean;
  readonly delayed?: string;
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
  readonly slice: SliceRef;
  readonly last: boolean;
  /** The stream so far, for the projection that people watch. */
  readonly progress: StreamRecord;
}

export interface Loaded {
  readonly seq: number;
  readonly to: Position;
  readonly rows: { readonly loaded: number; readonly rejected: number; readonly superseded: number };
  readonly schemaChanges: readonly string[];
}

export interface LocateInput {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: string;
  readonly place: Place;
}

export interface FinishInput {
  readonly run: RunRef;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly error: RunError | null;
  readonly streams: readonly StreamRecord[];
  /** Everything was loaded: the run's staged files may go. */
  readonly clean: boolean;
}

export interface Activities {
  prepare(input: PrepareInput): Promise<Prepared>;
  extract(input: ExtractInput): Promise<Extracted>;
  transform(input: TransformInput): Promise<Transformed>;
  load(input: LoadInput): Promise<Loaded>;
  /** The feed's place by the ledger, after a load was refused because it did not follow. */
  locate(input: LocateInput): Promise<Place>;
  finish(input: FinishInput): Promise<void>;
  check(input: ProbeInput): Promise<CheckResult>;
  discover(input: ProbeInput): Promise<Catalog>;
  /** Asks a connection that is not running yet to start a run, and to answer the given tick. */
  requestScheduledSync(input: ScheduledSyncInput): Promise<TickAnswer | null>;
}

export interface ScheduledSyncInput {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly request: SyncRequest;
}

export const NO_ROWS: RunRows = { extracted: 0, repeated: 0, filtered: 0, loaded: 0, rejected: 0, superseded: 0 };
