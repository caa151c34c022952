import type { RunError, StreamRecord } from '../platform/db/store.js';
import type { FeedState, Labels, RunStatus, Trigger } from './messages.js';

export interface SyncInput {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly runId: string;
  readonly number: number;
  readonly epoch: number;
  readonly trigger: Trigger;
  readonly labels: Labels;
  readonly streams?: readonly string[];
  readonly feeds: Readonly<Record<string, FeedState>>;
}

export interface SyncResult {
  readonly status: RunStatus;
  /** The epoch that the run ended with: higher than it began with when the destination was ahead. */
  readonly epoch: number;
  readonly feeds: Readonly<Record<string, FeedState>>;
  readonly rows: number;
  readonly error: RunError | null;
}

export interface FeedResult {
  readonly feed: string;
  readonly state: FeedState;
  readonly record: StreamRecord;
}
