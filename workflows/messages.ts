/**
 * What goes over the wire between the API, the workflows and the activities: ids, counts, small typed cursors and
 * segment URIs. Never rows, never secrets (I12).
 * @module
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Position } from '../checkpoint/position.js';
import type { StreamConfig } from '../schema/connection-config.js';
import type { VerifyMethod, VerifyScope } from '../schema/verification.js';

export type Trigger = 'manual' | 'schedule' | 'api' | 'backfill';
/** What a tick does while a run is active: it is refused when absent, or its run waits. */
export type TickOverlap = 'queue';
export type RunStatus = 'queued' | 'running' | 'succeeded' | 'partial' | 'failed' | 'cancelled' | 'delayed';

/** Names for people, shown in the Temporal Web UI. */
export interface Labels {
  readonly connection: string;
  readonly source: string;
  readonly destination: string;
}

/** Argument of the `connection` workflow. `state` is set when it continues as new or is restored. */
export interface ConnectionInput {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly state?: unknown;
  /** A workflow continues as new when its history has this many events; see policies.ts. */
  readonly maxHistoryEvents?: number;
  /** Number of the newest run that the metadata knows, so that a workflow that was lost does not number from 1 again. */
  readonly lastNumber?: number;
}

export interface SyncRequest {
  readonly trigger: Trigger;
  readonly labels: Labels;
  /** Only these streams; all when absent. */
  readonly streams?: readonly string[];
  /** These streams are read anew, and what they had loaded is replaced. */
  readonly refresh?: readonly string[];
  /** What the run does instead of bringing its streams up to date. */
  readonly purpose?: RunPurpose;
  /** Workflow that waits for the run's end (`tick`). */
  readonly replyTo?: string;
  readonly overlap?: TickOverlap;
}

export type RunPurpose =
  /** Reads a window of cursor values again, and leaves the cursor where it is. */
  | { readonly kind: 'backfill'; readonly window: CursorWindow; readonly track?: string }
  /** Goes on where another run ended before its time, first with what that had staged and not loaded. */
  | { readonly kind: 'retry'; readonly run: number; readonly staged?: StageRef; readonly source: boolean }
  /** Loads what another run had staged into another destination. */
  | { readonly kind: 'replay'; readonly run: number; readonly staged: StageRef; readonly destinationId: string }
  /** Loads rejected rows once more, as the connection is configured now: those named, or of one run, or all that were not yet. */
  | { readonly kind: 'rejects'; readonly ids?: readonly string[]; readonly runId?: string };

/** Cursor values as the source prints them: from `from` on, up to but without `to`; open where absent. */
export interface CursorWindow {
  readonly from?: string;
  readonly to?: string;
}

/** A document in the stage. */
export interface StageRef {
  readonly key: string;
  readonly sha256: string;
}

export interface SyncAccepted {
  readonly runId: string;
  readonly number: number;
  readonly workflowId: string;
  /** `coalesced`: the request joined a run that was already waiting. */
  readonly outcome: 'started' | 'queued' | 'coalesced';
}

/** A feed's place. Positions come without the contents of boundary sets, which stand in the ledger. */
export interface FeedState {
  readonly lineage: number;
  readonly generation: number;
  readonly seq: number;
  readonly position: Position;
  /** Its rows go into a shadow, which replaces the target when the stream was read once. */
  readonly refreshing?: true;
}

export interface ActiveRun {
  readonly runId: string;
  readonly number: number;
  readonly workflowId: string;
  readonly trigger: Trigger;
}

export interface ConnectionView {
  readonly paused: boolean;
  readonly pauseNote: string | null;
  /** Why the schedule has paused itself after several failed runs. */
  readonly tripped: string | null;
  readonly epoch: number;
  /** Counts explicit changes of position. */
  readonly revision: number;
  readonly active: ActiveRun | null;
  readonly queued: readonly ActiveRun[];
  readonly lastRun: { readonly number: number; readonly status: RunStatus } | null;
  readonly feeds: Readonly<Record<string, FeedState>>;
}

export interface CancelRequest {
  /** The active or a queued run; whatever is active when absent. */
  readonly runId?: string;
  readonly reason: string;
}

export interface PauseRequest {
  readonly note: string;
}

/** An explicit change of position. With `revision`, only if nobody has changed one since. */
export interface MoveRequest {
  readonly by: string;
  readonly revision?: number;
}

export interface FeedRequest extends MoveRequest {
  readonly feed: string;
}

export interface SetStateRequest extends MoveRequest {
  readonly kind: 'set' | 'undo';
  readonly feeds: Readonly<Record<string, NewPlace>>;
}

export type NewPlace = Pick<FeedState, 'position' | 'refreshing'>;

/** What an explicit change of position did. `before` is null for a feed that was never read. */
export interface StateChange {
  readonly revision: number;
  readonly kind: 'set' | 'undo' | 'reset' | 'refresh';
  readonly by: string;
  readonly feeds: Readonly<Record<string, { readonly before: FeedState | null; readonly after: FeedState }>>;
}

/** Every refusal is an ApplicationFailure whose `type` is an error code of the catalogue. */
export const requestSync = defineUpdate<SyncAccepted, [SyncRequest]>('requestSync');
export const cancelSync = defineUpdate<{ readonly runId: string }, [CancelRequest]>('cancelSync');
export const pause = defineUpdate<{ readonly paused: true }, [PauseRequest]>('pause');
export const resume = defineUpdate<{ readonly paused: false }, []>('resume');
/** Reads the stream from the start in the next run, on top of what is loaded. */
export const resetStream = defineUpdate<StateChange, [FeedRequest]>('resetStream');
/** Reads the stream from the start in the next run, and replaces what is loaded. */
export const refreshStream = defineUpdate<StateChange, [FeedRequest]>('refreshStream');
export const setState = defineUpdate<StateChange, [SetStateRequest]>('setState');
/**
 * Answers when the workflow knows where its feeds stand: a lost one finds out first, and the result of a run that people see ended
 * is on its way.
 */
export const ready = defineUpdate<ConnectionView, [endedRunId?: string]>('ready');

export const checkpoint = defineSignal<[CheckpointMessage]>('checkpoint');
export const scheduled = defineSignal<[SyncRequest]>('scheduled');
/** `connection` → `tick`: the run that the tick asked for was refused or has ended. */
export const answered = defineSignal<[TickAnswer]>('answered');
export const state = defineQuery<ConnectionView>('state');

export interface CheckpointMessage {
  readonly epoch: number;
  /** The run's last one: nothing more will be loaded, and only the record of its outcome is still to be written. */
  readonly ending?: true;
  readonly feeds: Readonly<Record<string, FeedState>>;
}

export interface TickInput {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly labels: Labels;
  readonly overlap?: TickOverlap;
}

export type TickAnswer =
  | {
      readonly outcome: 'ended';
      readonly number: number;
      readonly status: RunStatus;
      readonly code?: string;
      readonly message?: string;
    }
  | { readonly outcome: 'refused'; readonly reason: string };

/** Argument of `check` and `discover`: short workflows, so that the API runs no connector code. */
export interface ProbeInput {
  readonly workspaceId: string;
  readonly kind: 'source' | 'destination';
  readonly resourceId: string;
}

/** Argument of `preview`: what is wanted of a source. Its answer is a document in the stage, because it holds rows. */
export interface PreviewInput {
  readonly workspaceId: string;
  readonly sourceId: string;
  readonly of: PreviewOf;
}

/** `sample`: how many rows are read of a stream. `limit`: how many rows of the result are shown. */
export type PreviewOf =
  | ({ readonly kind: 'stream'; readonly sql?: string; readonly sample: number; readonly limit: number } & SelectedStream)
  | { readonly kind: 'query'; readonly sql: string; readonly sample: number; readonly limit: number }
  /** What the SQL would give, without rows. */
  | ({ readonly kind: 'description'; readonly sql: string } & SelectedStream);

export interface SelectedStream extends Pick<StreamConfig, 'columns' | 'filter'> {
  readonly stream: string;
}

/** Argument of `plan`: what a run would do if it was asked for now. Its answer is a document in the stage: it may be large. */
export interface PlanInput extends Pick<SyncRequest, 'streams' | 'refresh'> {
  readonly workspaceId: string;
  readonly connectionId: string;
  /** The number that the run would have. */
  readonly number: number;
  readonly feeds: Readonly<Record<string, FeedState>>;
  readonly backfill?: CursorWindow;
  /** `schema`: only how the source has changed; the destination is not asked. */
  readonly of: 'run' | 'schema';
}

/** Argument of `verify`: compares streams of a connection with their targets. The row that it fills is there already. */
export interface VerifyRequest {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly verificationId: string;
  readonly streams: readonly string[];
  readonly method: VerifyMethod;
  readonly scope: VerifyScope;
  /** What the run had staged, for `scope: run`. */
  readonly run?: { readonly number: number; readonly staged: StageRef };
}

export const CONNECTION_WORKFLOW = 'connection';
export const TICK_WORKFLOW = 'tick';
export const CHECK_WORKFLOW = 'check';
export const DISCOVER_WORKFLOW = 'discover';
export const PLAN_WORKFLOW = 'plan';
export const PREVIEW_WORKFLOW = 'preview';
export const VERIFY_WORKFLOW = 'verify';

export const connectionWorkflowId = (connectionId: string): string => `connection/${connectionId}`;
export const syncWorkflowId = (connectionId: string, number: number): string => `sync/${connectionId}/${number}`;
export const verifyWorkflowId = (connectionId: string, verificationId: string): string =>
  `verify/${connectionId}/${verificationId}`;
export const scheduleId = (connectionId: string): string => `connection/${connectionId}`;

/** Begins the note of a Schedule that was paused by Millrace; any other pause was made by a person in Temporal. */
export const PAUSED_BY_US = 'Paused in Millrace';
/** Says in Temporal's own UI who paused, and why. */
export const pauseNote = (note: string): string => (note === '' ? `${PAUSED_BY_US}.` : `${PAUSED_BY_US}: ${note}`);
