/**
 * What goes over the wire between the API, the workflows and the activities: ids, counts, small typed cursors and
 * segment URIs. Never rows, never secrets (I12).
 * @module
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Position } from '../checkpoint/position.js';

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
  /** Number of the newest run that the metadata knows, so that a workflow that was lost does not number from 1 again. */
  readonly lastNumber?: number;
}

export interface SyncRequest {
  readonly trigger: Trigger;
  readonly labels: Labels;
  /** Only these streams; all when absent. */
  readonly streams?: readonly string[];
  /** Workflow that waits for the run's end (`tick`). */
  readonly replyTo?: string;
  readonly overlap?: TickOverlap;
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
  readonly epoch: number;
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

export interface SetStateRequest {
  readonly feed: string;
  readonly position: Position;
}

/** Every refusal is an ApplicationFailure whose `type` is an error code of the catalogue. */
export const requestSync = defineUpdate<SyncAccepted, [SyncRequest]>('requestSync');
export const cancelSync = defineUpdate<{ readonly runId: string }, [CancelRequest]>('cancelSync');
export const pause = defineUpdate<{ readonly paused: true }, [PauseRequest]>('pause');
export const resume = defineUpdate<{ readonly paused: false }, []>('resume');
/** Starts the stream from nothing in the next run: a new lineage. */
export const resetStream = defineUpdate<FeedState, [{ readonly feed: string }]>('resetStream');
export const setState = defineUpdate<FeedState, [SetStateRequest]>('setState');

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

export const CONNECTION_WORKFLOW = 'connection';
export const TICK_WORKFLOW = 'tick';
export const CHECK_WORKFLOW = 'check';
export const DISCOVER_WORKFLOW = 'discover';

export const connectionWorkflowId = (connectionId: string): string => `connection/${connectionId}`;
export const syncWorkflowId = (connectionId: string, number: number): string => `sync/${connectionId}/${number}`;
export const scheduleId = (connectionId: string): string => `connection/${connectionId}`;
