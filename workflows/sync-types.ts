import type { Extracted, Place, Prepared } from '../activities/contract.js';
import type { RunError, StreamRecord } from '../platform/db/store.js';
import type { FeedState, Labels, RunPurpose, RunStatus, Trigger } from './messages.js';

export type ReadyRun = Extract<Prepared, { outcome: 'ready' }>;

export interface SyncInput {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly runId: string;
  readonly number: number;
  readonly epoch: number;
  readonly trigger: Trigger;
  readonly labels: Labels;
  readonly streams?: readonly string[];
  readonly refresh?: readonly string[];
  readonly purpose?: RunPurpose;
  /** The run before stopped at one of its limits: full reads go on where it was. */
  readonly unfinished?: boolean;
  readonly feeds: Readonly<Record<string, FeedState>>;
  readonly maxHistoryEvents?: number;
  /** Set when a huge run continues as new. */
  readonly carried?: CarriedRun;
}

/** What a run takes along into a new history: only streams that have not ended. */
export interface CarriedRun {
  readonly startedAt: string;
  readonly notes: readonly string[];
  readonly ready: ReadyRun;
  readonly ended: EndedStreams;
}

/** What is left to know of streams that have ended. */
export interface EndedStreams {
  readonly streams: number;
  /** Each that occurred, once. */
  readonly statuses: readonly RunStatus[];
  readonly rows: { readonly taken: number; readonly loaded: number };
  readonly error: RunError | null;
  readonly unfinished: boolean;
  /** Slices that failed streams had staged and not loaded. */
  readonly pending: Readonly<Record<string, readonly Extracted[]>>;
}

export interface SyncResult {
  readonly status: RunStatus;
  /** The epoch that the run ended with: higher than it began with when the destination was ahead. */
  readonly epoch: number;
  readonly feeds: Readonly<Record<string, FeedState>>;
  readonly rows: number;
  readonly error: RunError | null;
  /** It stopped at one of its limits. */
  readonly unfinished: boolean;
}

/** Why a feed stops at a slice edge although there is more. */
export type StopReason = { readonly kind: 'limit'; readonly note: string } | { readonly kind: 'history' };

export interface FeedResult {
  readonly feed: string;
  readonly place: Place;
  readonly record: StreamRecord;
  readonly stopped?: StopReason;
  /** Staged, not loaded. */
  readonly pending: readonly Extracted[];
}
