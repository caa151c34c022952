import type { RunOptions, ScheduleConfig, StreamConfig } from '../../schema/connection-config.js';
import type { RunStatus, StageRef, StateChange, Trigger } from '../../workflows/messages.js';
import type { Verification } from '../../schema/verification.js';
import type { LogLevel } from '../config/settings.js';
import type { RunRequest } from './rows.js';
import type { SchemaVersion } from './stream-schemas.js';

/** A configured source or destination with its secrets in clear: only ever held inside an activity (I12). */
export interface ConnectorInstance {
  readonly id: string;
  readonly name: string;
  readonly connector: string;
  readonly config: unknown;
}

/** One version of a connection with everything a run needs. */
export interface ConnectionEnds {
  readonly source: ConnectorInstance;
  readonly destination: ConnectorInstance;
}

export interface ConnectionPlan extends RunOptions, ConnectionEnds {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly version: number;
  readonly paused: boolean;
  readonly tripped: string | null;
  readonly schedule: ScheduleConfig;
  readonly streams: readonly StreamConfig[];
}

export interface RunRows {
  readonly extracted: number;
  readonly repeated: number;
  readonly filtered: number;
  readonly loaded: number;
  readonly rejected: number;
  readonly superseded: number;
}

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly suggestion: string;
}

export type StreamStep = 'waiting' | 'extract' | 'transform' | 'load' | 'checkpoint' | 'verify' | 'finished';

export interface StreamRecord {
  readonly name: string;
  readonly step: StreamStep;
  readonly status: RunStatus;
  readonly rows: RunRows;
  readonly bytes: number;
  readonly slices: number;
  /** The feed's position as shown to people; see checkpoint/position.ts. */
  readonly cursor: unknown;
  readonly error: RunError | null;
  readonly notes: readonly string[];
  /** Absent when none of its rows was rejected. */
  readonly rejects?: RejectsSoFar;
}

/** What a run knows of a stream's rejected rows. */
export interface RejectsSoFar {
  /** The commonest first. */
  readonly reasons: readonly RejectReason[];
  /** Manifests of rejected rows that the metadata database could not take yet. */
  readonly unrecorded: readonly { readonly manifest: string; readonly sha256: string; readonly rows: number }[];
}

/** Rejected rows of one slice. */
export interface RejectRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly runId: string;
  readonly runNumber: number;
  readonly stream: string;
  /** Where the slice stands in the ledger. */
  readonly track: string;
  readonly lineage: number;
  readonly seq: number;
  readonly rows: number;
  readonly reasons: readonly RejectReason[];
  readonly manifest: StageRef;
}

/** Which rejects are to be loaded again: those named, or of one run, or all that were not yet; of these streams only. */
export interface RejectSelection {
  readonly streams?: readonly string[];
  readonly ids?: readonly string[];
  readonly runId?: string;
}

export type RejectedSlice = Pick<RejectRecord, 'id' | 'stream' | 'track' | 'lineage' | 'manifest'>;

/** Why so many rows were rejected; a row may have several reasons. */
export interface RejectReason {
  readonly field?: string;
  readonly code: string;
  readonly reason: string;
  readonly rows: number;
}

export interface RunRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly number: number;
  /** The version the run pinned, as soon as `prepare` knows it. */
  readonly connectionVersion?: number;
  readonly trigger: Trigger;
  readonly status: RunStatus;
  readonly workflowId: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly error?: RunError | null;
  readonly request?: RunRequest;
  readonly staged?: StageRef;
}

export type LogStep = 'prepare' | 'extract' | 'transform' | 'load' | 'verify' | 'finish';

/** One line of what a run did. */
export interface RunLogLine {
  readonly workspaceId: string;
  readonly runId: string;
  readonly level: LogLevel;
  readonly step: LogStep;
  /** Absent when the line concerns the whole run. */
  readonly stream?: string;
  readonly text: string;
}

/** A file that a worker has left in its stage. */
export interface StageMark {
  readonly key: string;
  readonly sha256: string;
}

export interface MarkedWorker {
  readonly identity: string;
  readonly mark: StageMark;
}

/** A worker as it tells of itself. */
export interface WorkerProcess {
  readonly identity: string;
  readonly taskQueue: string;
  readonly version: string;
  readonly startedAt: Date;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly stageMark: StageMark;
}

export interface VerificationEnd {
  readonly cancelled: boolean;
  readonly errors: Readonly<Record<string, RunError>>;
}

/**
 * What activities need of the metadata database. Runs there are a projection that can be rebuilt: every write is an
 * idempotent upsert, and a later status never gives way to an earlier one.
 */
export interface MetadataStore {
  /** The named version, or the newest. @throws MillraceError `request.not_found` */
  loadConnection(connectionId: string, version?: number): Promise<ConnectionPlan>;
  /** All that a slice needs of its connection; thousands of streams are a long plan. @throws MillraceError `request.not_found` */
  loadEnds(connectionId: string): Promise<ConnectionEnds>;
  /** @throws MillraceError `request.not_found` */
  loadConnector(kind: 'source' | 'destination', id: string): Promise<ConnectorInstance>;
  recordRun(run: RunRecord): Promise<void>;
  recordStreams(runId: string, streams: readonly StreamRecord[]): Promise<void>;
  /** The same reject again changes nothing. */
  recordRejects(reject: RejectRecord): Promise<void>;
  /** In the order in which they were rejected. */
  rejectsToReplay(connectionId: string, selection: RejectSelection): Promise<readonly RejectedSlice[]>;
  /** The rows of a reject were loaded again, or rejected again, by this run. */
  markReplayed(rejectId: string, runId: string): Promise<void>;
  /** The same revision again changes nothing. */
  recordStateChange(connectionId: string, change: StateChange): Promise<void>;
  /** Explicit changes of position, newest first. */
  stateChanges(connectionId: string, limit: number): Promise<readonly StateChange[]>;
  /** Every version of the streams' columns that runs have met, oldest first. */
  schemaVersions(connectionId: string): Promise<readonly SchemaVersion[]>;
  /** The same version again changes nothing. */
  recordSchema(connectionId: string, version: Omit<SchemaVersion, 'seenAt'>): Promise<void>;
  /** Why the schedule has paused itself; null when it goes on. */
  setTripped(connectionId: string, reason: string | null): Promise<void>;
  /** Ends runs that were waiting or active when the connection's workflow was lost; one that ends by itself after all corrects it. */
  endLostRuns(connectionId: string): Promise<void>;
  /** Whether this installation once ran the connection and has deleted it since; one it never knew may be alive elsewhere. */
  wasDeleted(connectionId: string): Promise<boolean>;
  /** Number of the connection's newest run; 0 when it never ran. */
  lastNumber(connectionId: string): Promise<number>;
  /** What the comparison at the end of a run has found. */
  recordRunVerification(runId: string, stream: string, found: Verification): Promise<void>;
  /** What a comparison that was asked for has found of one stream. */
  recordVerification(id: string, stream: string, found: Verification): Promise<void>;
  endVerification(id: string, end: VerificationEnd): Promise<void>;
  /** Keeps a line of a run's log, a few moments later; what cannot be kept is lost, and fails nothing. */
  log(line: RunLogLine): void;
  /** Until the lines so far are kept; never rejects. */
  flushLogs(): Promise<void>;
  recordWorker(worker: WorkerProcess): Promise<void>;
  removeWorker(identity: string): Promise<void>;
  /** Other workers of the same task queue that are alive. */
  otherWorkers(worker: Pick<WorkerProcess, 'identity' | 'taskQueue'>): Promise<readonly MarkedWorker[]>;
  close(): Promise<void>;
}
