/**
 * Rows as `pg` returns them: bigint as text, timestamps as Date, jsonb parsed.
 * @module
 */
import type { RunOptions, ScheduleConfig, StreamConfig } from '../../schema/connection-config.js';
import type { RunPurpose, RunStatus, StageRef, StateChange, Trigger } from '../../workflows/messages.js';
import type { Verification, VerifyMethod, VerifyScope } from '../../schema/verification.js';
import type { LogLevel } from '../config/settings.js';
import type { LogStep, RejectReason, RunError, StreamStep } from './store.js';

/** What people sort resources by; see `labelsSchema`. */
export type Labels = Readonly<Record<string, string>>;

export interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface ConnectorRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly connector: string;
  readonly config: unknown;
  readonly revision: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  /** Null while it is there. */
  readonly deleted_at: Date | null;
}

export interface ConnectionRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly source_id: string;
  readonly destination_id: string;
  readonly version: number;
  readonly paused: boolean;
  /** Why the schedule has paused itself after failed runs. */
  readonly tripped: string | null;
  /** Null until its Schedule was written for the first time by a version that keeps it, and while it has none. */
  readonly schedule_digest: ScheduleDigest | null;
  readonly revision: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  /** Null while it is there. */
  readonly deleted_at: Date | null;
}

/** An explicit change of position. */
export interface StateChangeRow {
  readonly connection_id: string;
  readonly revision: number;
  readonly kind: StateChange['kind'];
  readonly by: string;
  readonly feeds: StateChange['feeds'];
  readonly created_at: Date;
}

/** SHA-256 of what a Schedule was to be and of what Temporal then said it was; never of times or counters. */
export interface ScheduleDigest {
  readonly wanted: string;
  readonly spec: string;
  readonly policies: string;
  readonly action: string;
}

/** What a version of a connection holds; source and destination stay the same for its whole life. */
export interface ConnectionConfig extends RunOptions {
  readonly schedule: ScheduleConfig;
  readonly streams: readonly StreamConfig[];
}

export interface ConnectionVersionRow {
  readonly connection_id: string;
  readonly version: number;
  readonly config: ConnectionConfig;
  readonly created_at: Date;
}

export type KeyScope = 'read' | 'operate' | 'admin';

export interface ApiKeyRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly prefix: string;
  readonly hash: string;
  readonly scope: KeyScope;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  /** The key that this one replaces. */
  readonly rotated_from: string | null;
  readonly created_at: Date;
}

/** One write through the API, carried out or refused. */
export interface AuditRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly key_id: string;
  readonly key_name: string;
  readonly method: string;
  readonly route: string;
  readonly resource: string | null;
  readonly status: number;
  readonly request_id: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly at: Date;
}

/** What a repeated request with an Idempotency-Key is answered. */
export interface IdempotencyRow {
  readonly id: string;
  readonly body_hash: string;
  readonly state: 'in_flight' | 'open' | 'done';
  readonly holder: string;
  readonly held_until: Date;
  readonly status: number | null;
  readonly answer: unknown;
  readonly expires_at: Date;
}

export interface RunRow {
  /** In queries that ask for it: as the connection is named, or was when it was deleted. */
  readonly connection_name?: string | null;
  readonly id: string;
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly connection_version: number | null;
  readonly number: string;
  readonly trigger: Trigger;
  readonly status: RunStatus;
  readonly workflow_id: string;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly error: RunError | null;
  /** What the run was asked to do; null for a plain one. */
  readonly request: RunRequest | null;
  /** The document in the stage that says what is still staged of the run. */
  readonly staged: StageRef | null;
  readonly created_at: Date;
  /** Number of its last change, among those of all runs and streams. */
  readonly changed: string;
}

export interface RejectRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly run_id: string;
  readonly run_number: string;
  readonly stream: string;
  readonly track: string;
  readonly lineage: string;
  readonly seq: string;
  readonly rows: string;
  readonly reasons: readonly RejectReason[];
  readonly manifest: StageRef;
  readonly created_at: Date;
  readonly replayed_at: Date | null;
  readonly replayed_run: string | null;
}

export interface RunRequest {
  readonly streams?: readonly string[];
  readonly refresh?: readonly string[];
  readonly purpose?: RunPurpose;
}

export interface RunStreamRow {
  readonly run_id: string;
  readonly name: string;
  readonly step: StreamStep;
  readonly status: RunStatus;
  readonly rows_extracted: string;
  readonly rows_repeated: string;
  readonly rows_filtered: string;
  readonly rows_loaded: string;
  readonly rows_rejected: string;
  readonly rows_superseded: string;
  readonly bytes: string;
  readonly slices: string;
  readonly cursor: unknown;
  readonly error: RunError | null;
  readonly notes: readonly string[];
  /** Of the comparison after the last load; null when there was none. */
  readonly verification: Verification | null;
  readonly changed: string;
  /** When rows of it were last committed, or a run last found nothing new. */
  readonly checkpointed_at: Date | null;
}

export type VerificationStatus = 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A comparison that somebody asked for. */
export interface VerificationRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly workflow_id: string;
  readonly method: VerifyMethod;
  readonly scope: VerifyScope;
  readonly run_number: string | null;
  readonly status: VerificationStatus;
  /** Streams that are compared, in order. */
  readonly streams: readonly string[];
  readonly results: Readonly<Record<string, Verification>>;
  readonly errors: Readonly<Record<string, RunError>>;
  /** A run of the connection was active while it was compared. */
  readonly run_active: boolean;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

export interface RunLogRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly run_id: string;
  readonly at: Date;
  readonly level: LogLevel;
  readonly step: LogStep;
  readonly stream: string | null;
  readonly text: string;
}

export interface WorkerProcessRow {
  readonly identity: string;
  readonly task_queue: string;
  readonly version: string;
  readonly started_at: Date;
  readonly seen_at: Date;
  readonly cpu_seconds: number;
  readonly memory_bytes: string;
}
