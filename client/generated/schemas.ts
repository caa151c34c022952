/* oxlint-disable max-lines */
/**
 * Made from docs/openapi.json by `node dist/client/generate.js`; not to be edited.
 * @module
 */

export type ApiKey = {
  readonly id: string;
  readonly name: string;
  /** Start of the key, to recognise it by. */
  readonly prefix: string;
  readonly scope: 'read' | 'operate' | 'admin';
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** To the minute. */
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
  /** Id of the key that this one replaces. */
  readonly rotatedFrom: string | null;
};

export type AuditEntry = {
  readonly id: string;
  /** When the request came. */
  readonly at: string;
  readonly key: {
    readonly id: string;
    /** As it was then. */
    readonly name: string;
  };
  readonly method: string;
  readonly route: string;
  /** Id of what was changed, or was to be. */
  readonly resource: string | null;
  /** Of the answer; from 400 on the request was refused, or failed. */
  readonly status: number;
  readonly requestId: string;
  /** Without secrets; null where there was nothing before. More than 16 KB is cut. */
  readonly before: unknown;
  /** Likewise; null where nothing is left, and when the request was refused. */
  readonly after: unknown;
};

export type Catalog = {
  readonly streams: readonly ({
    readonly name: string;
    readonly fields: readonly ({
      readonly name: string;
      /** Logical type: int64, decimal(10,2), timestamptz, string[], … */
      readonly type: string;
      readonly nullable: boolean;
      readonly native?: {
        readonly system: string;
        readonly type: string;
      };
    })[];
    readonly primaryKey?: readonly (string)[];
    /** Fields that only grow, to choose cursorField from. */
    readonly cursorCandidates: readonly (string)[];
    readonly sourceDefinedCursor?: boolean;
    readonly estimatedRows?: number;
    readonly kind?: string;
  })[];
};

export type CheckResult = {
  readonly ok: true;
  /** What the other system says of itself: version, user, database. */
  readonly facts: { readonly [name: string]: string };
};

export type ColumnLineage = {
  /** `*` for columns that the SQL alone does not name. */
  readonly column: string;
  /** Columns of the input; `table.column` where there are several tables. */
  readonly from: readonly (string)[];
  /** The input column untouched; made of them; or made of more than is known here. */
  readonly kind: 'passed' | 'computed' | 'unknown';
};

export type Condition = {
  readonly field: string;
  readonly is: '=' | '!=' | '<' | '<=' | '>' | '>=';
  readonly value: string | number | boolean;
} | {
  readonly field: string;
  readonly is: 'in' | 'not in';
  readonly value: readonly (string | number | boolean)[];
} | {
  readonly field: string;
  readonly is: 'null' | 'not null';
};

export type Connection = {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly sourceId: string;
  readonly destinationId: string;
  /** Counts changes of schedule or streams; every run pins one. */
  readonly version: number;
  readonly paused: boolean;
  /** Why the schedule has paused itself after failed runs; resume lets it go on. */
  readonly tripped: string | null;
  readonly limits: {
    /** Streams that are read side by side. */
    readonly parallelStreams: number;
    /** A run ends at the next slice edge when it has taken so many rows. */
    readonly rows?: number;
    /** A run ends at the next slice edge after so long; the next one goes on. */
    readonly duration?: string;
  };
  /** The schedule pauses itself after so many failed runs in a row; 0 = never. */
  readonly pauseAfterFailures: number;
  /** How long the staged files of runs that succeeded are kept, so that they can be loaded elsewhere. */
  readonly keepStaged: string;
  readonly targetNames: TargetNames;
  readonly schedule: Schedule;
  readonly streams: readonly (StreamConfig)[];
  /** Text by text, at most 32, to list by: ?label=team=sales. */
  readonly labels: { readonly [name: string]: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Only of what was deleted. */
  readonly deletedAt?: string;
  /** Only of what was deleted. */
  readonly restorableUntil?: string;
};

export type ConnectionDetails = {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly sourceId: string;
  readonly destinationId: string;
  /** Counts changes of schedule or streams; every run pins one. */
  readonly version: number;
  readonly paused: boolean;
  /** Why the schedule has paused itself after failed runs; resume lets it go on. */
  readonly tripped: string | null;
  readonly limits: {
    /** Streams that are read side by side. */
    readonly parallelStreams: number;
    /** A run ends at the next slice edge when it has taken so many rows. */
    readonly rows?: number;
    /** A run ends at the next slice edge after so long; the next one goes on. */
    readonly duration?: string;
  };
  /** The schedule pauses itself after so many failed runs in a row; 0 = never. */
  readonly pauseAfterFailures: number;
  /** How long the staged files of runs that succeeded are kept, so that they can be loaded elsewhere. */
  readonly keepStaged: string;
  readonly targetNames: TargetNames;
  readonly schedule: Schedule;
  readonly streams: readonly (StreamConfig)[];
  /** Text by text, at most 32, to list by: ?label=team=sales. */
  readonly labels: { readonly [name: string]: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Only of what was deleted. */
  readonly deletedAt?: string;
  /** Only of what was deleted. */
  readonly restorableUntil?: string;
  /** What Temporal says now; null for a manual connection, and when Temporal does not answer. Not part of the ETag. */
  readonly scheduleStatus: ScheduleStatus | null;
};

export type ConnectionItem = {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly sourceId: string;
  readonly destinationId: string;
  /** Counts changes of schedule or streams; every run pins one. */
  readonly version: number;
  readonly paused: boolean;
  /** Why the schedule has paused itself after failed runs; resume lets it go on. */
  readonly tripped: string | null;
  readonly limits: {
    /** Streams that are read side by side. */
    readonly parallelStreams: number;
    /** A run ends at the next slice edge when it has taken so many rows. */
    readonly rows?: number;
    /** A run ends at the next slice edge after so long; the next one goes on. */
    readonly duration?: string;
  };
  /** The schedule pauses itself after so many failed runs in a row; 0 = never. */
  readonly pauseAfterFailures: number;
  /** How long the staged files of runs that succeeded are kept, so that they can be loaded elsewhere. */
  readonly keepStaged: string;
  readonly targetNames: TargetNames;
  readonly schedule: Schedule;
  readonly streams: readonly (StreamConfig)[];
  /** Text by text, at most 32, to list by: ?label=team=sales. */
  readonly labels: { readonly [name: string]: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Only of what was deleted. */
  readonly deletedAt?: string;
  /** Only of what was deleted. */
  readonly restorableUntil?: string;
  /** With include=source. */
  readonly source?: System;
  /** With include=destination. */
  readonly destination?: System;
  /** With include=lastRun; null when it never ran. */
  readonly lastRun?: RunSummary | null;
};

export type ConnectionState = {
  readonly paused: boolean;
  readonly pauseNote: string | null;
  /** Why the schedule has paused itself after failed runs. */
  readonly tripped: string | null;
  readonly epoch: number;
  /** Counts explicit changes of position. Sent back with PUT, it refuses a state that is stale. */
  readonly revision: number;
  readonly active: {
    readonly runId: string;
    readonly number: number;
    readonly workflowId: string;
    readonly trigger: string;
  } | null;
  readonly queued: readonly ({
    readonly runId: string;
    readonly number: number;
    readonly workflowId: string;
    readonly trigger: string;
  })[];
  readonly lastRun: {
    readonly number: number;
    readonly status: string;
  } | null;
  readonly feeds: { readonly [name: string]: FeedState };
};

export type Connector = {
  readonly id: string;
  readonly kind: 'source' | 'destination';
  readonly title: string;
  readonly stability: 'stable' | 'beta' | 'alpha';
  /** The package that it comes from: `millrace` itself, or one of somebody else. */
  readonly origin: {
    readonly package: string;
    readonly version: string;
  };
  /** Connections with another mode are refused. */
  readonly modes: readonly ('full_refresh_overwrite' | 'full_refresh_append' | 'incremental_append' | 'incremental_deduped' | 'mirror' | 'scd2')[];
  /** Of destinations: `window` for backfills of appended tables, `quarantine` for that schema policy. */
  readonly refuses?: readonly ('window' | 'quarantine')[];
  /** Of sources: who knows how far a stream was read. */
  readonly cursor?: 'field' | 'source';
  /** Of destinations: what holds when a load is repeated. */
  readonly guarantee?: 'transactional' | 'idempotent' | 'at_least_once';
  /** JSON Schema of `config`; secret fields have `secret: true`. */
  readonly config: { readonly [name: string]: unknown };
};

export type Difference = {
  readonly kind: 'missing_in_target' | 'extra_in_target' | 'different' | 'changed_since' | 'rejected' | 'repaired';
  /** Values of the key as text; null where rows have no key. */
  readonly key: readonly (string | null)[] | null;
  /** Fields whose values differ. */
  readonly columns?: readonly (string)[];
  /** Hash of the row, where rows are compared as a whole. */
  readonly rowHash?: string;
  /** How many rows it stands for, where that is not one. */
  readonly rows?: number;
};

export type FeedState = {
  /** Counts explicit changes of position. */
  readonly lineage: number;
  /** Counts refreshes. */
  readonly generation: number;
  /** Slices loaded in this lineage. */
  readonly seq: number;
  readonly position: Position;
  /** What is read replaces the target when the stream was read once. */
  readonly refreshing?: true;
};

export type Health = {
  readonly status: 'ok';
};

export type NewApiKey = {
  readonly id: string;
  readonly name: string;
  /** Start of the key, to recognise it by. */
  readonly prefix: string;
  readonly scope: 'read' | 'operate' | 'admin';
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** To the minute. */
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
  /** Id of the key that this one replaces. */
  readonly rotatedFrom: string | null;
  /** The key itself. It is shown this once and stored nowhere. */
  readonly key: string;
};

export type NewWorkspace = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The first admin key of the workspace. */
  readonly apiKey: NewApiKey;
};

export type Overview = {
  /** Each connection counts once: paused, else failing, else late, else never run, else ok. */
  readonly connections: {
    readonly total: number;
    readonly ok: number;
    readonly failing: number;
    readonly late: number;
    readonly paused: number;
    readonly neverRun: number;
  };
  readonly failing: readonly ({
    readonly connectionId: string;
    readonly name: string;
    readonly runId: string | null;
    readonly error: RunError | null;
    /** Why its schedule has paused itself. */
    readonly tripped: string | null;
  })[];
  /** A run was due for longer than `MILLRACE_LATE_AFTER` and none has begun. The longest overdue first. */
  readonly late: readonly ({
    readonly connectionId: string;
    readonly name: string;
    /** When its schedule wanted a run. */
    readonly dueAt: string;
    readonly lastRunAt: string | null;
  })[];
  /** The soonest first; null when Temporal does not say. */
  readonly nextRuns: readonly ({
    readonly connectionId: string;
    readonly name: string;
    readonly at: string;
  })[] | null;
  readonly runs: {
    readonly running: number;
    readonly queued: number;
    /** The newest first. */
    readonly data: readonly (RunSummary)[];
  };
  /** Workers that have polled lately; null when Temporal does not say. */
  readonly workers: number | null;
  /** Null when Temporal does not say. */
  readonly taskQueue: {
    readonly name: string;
    readonly workflow: {
      /** Tasks that wait for a worker, about. */
      readonly tasks: number;
      /** How long the oldest of them has waited. */
      readonly oldestSeconds: number;
    };
    readonly activity: {
      /** Tasks that wait for a worker, about. */
      readonly tasks: number;
      /** How long the oldest of them has waited. */
      readonly oldestSeconds: number;
    };
  } | null;
};

export type PlannedStream = {
  readonly name: string;
  readonly mode: string;
  readonly target: {
    readonly schema: string;
    readonly table: string;
  };
  readonly cursorField: string | null;
  /** Where it goes on. */
  readonly from: Position;
  /** The largest cursor value that would be read; null where the source cannot tell. */
  readonly to: string | null;
  /** What would be read; null where the source cannot tell. */
  readonly rows: {
    readonly count: number;
    /** Counted, and not guessed. */
    readonly exact: boolean;
    /** So many of them are read again, at the cursor or within lag, and most of them are known. */
    readonly again: number;
  } | null;
  /** What was loaded is replaced. */
  readonly refresh: boolean;
  readonly schema: SchemaOutlook | null;
  /** What the catalog of the destination would be changed by, in order; null where the destination cannot tell. Where a table beside the target takes its place (`swap`), these statements have the same outcome. */
  readonly ddl: readonly (string)[] | null;
  /** How rows come into the target: slice by slice; by a table that takes its place; by replacing its rows; by what differs; added at once. */
  readonly publish: 'in_place' | 'swap' | 'replace_rows' | 'difference' | 'append' | null;
  readonly notes: readonly (string)[];
  /** Why the stream would not run. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly suggestion: string;
  } | null;
};

export type Position = {
  readonly kind: 'start';
} | {
  readonly kind: 'scan';
  readonly scan: {
    readonly by: readonly (string)[];
    readonly after: readonly (string)[];
    readonly upper?: {
      readonly type: 'int' | 'decimal' | 'timestamp' | 'timestamptz' | 'date' | 'string' | 'lsn' | 'token';
      readonly field: string;
      /** The source's own text: no precision is lost. */
      readonly value: string | null;
      /** Digest of the rows already taken at this value. */
      readonly boundary?: string;
    };
    readonly largest?: {
      readonly type: 'int' | 'decimal' | 'timestamp' | 'timestamptz' | 'date' | 'string' | 'lsn' | 'token';
      readonly field: string;
      /** The source's own text: no precision is lost. */
      readonly value: string | null;
      /** Digest of the rows already taken at this value. */
      readonly boundary?: string;
    };
  };
} | {
  readonly kind: 'cursor';
  readonly cursor: {
    readonly type: 'int' | 'decimal' | 'timestamp' | 'timestamptz' | 'date' | 'string' | 'lsn' | 'token';
    readonly field: string;
    /** The source's own text: no precision is lost. */
    readonly value: string | null;
    /** Digest of the rows already taken at this value. */
    readonly boundary?: string;
  };
} | {
  readonly kind: 'end';
};

export type Preview = {
  readonly columns: readonly (PreviewColumn)[];
  /** A value per column, as text that loses nothing: all digits, microseconds, bytes as \x and hexadecimal digits, lists as JSON of texts. NULL is null. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** There are more rows than these. */
  readonly hasMore: boolean;
  readonly sampled: readonly ({
    readonly stream: string;
    /** So many were read. */
    readonly rows: number;
    /** The stream has no more rows than these. */
    readonly complete: boolean;
  })[];
  /** Rows that the SQL has seen. */
  readonly rowsIn: number;
  /** Rows that came out, whether they are shown or not. */
  readonly rowsOut: number;
  /** What the SQL has not seen, in words. */
  readonly note: string | null;
  readonly timing: {
    readonly readMs: number;
    readonly transformMs: number | null;
  };
};

export type PreviewColumn = {
  readonly name: string;
  /** Logical type. */
  readonly type: string;
  readonly nullable: boolean;
  /** The source's own type. */
  readonly native?: {
    readonly system: string;
    readonly type: string;
  };
};

export type Problem = {
  /** urn:millrace:error:<code> */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** One of: backfill.not_possible, connection.invalid, connection.paused, connector.auth_failed, connector.invalid_config, connector.not_conforming, connector.permission_denied, connector.rate_limited, connector.transient, connector.unknown, connector.unreachable, engine.internal, engine.no_database, engine.no_worker, engine.timeout, engine.unavailable, load.bad_value, load.blocked, load.count_mismatch, load.destination_behind, load.no_space, load.stale_epoch, load.stale_position, load.target_incompatible, load.target_missing, load.target_owned, preview.too_large, preview.unreadable, project.conflict, project.invalid, project.partly_applied, project.plan_changed, rejects.not_replayable, rejects.unreadable, request.conflict, request.forbidden, request.in_flight, request.invalid, request.key_reused, request.not_found, request.precondition_required, request.rate_limited, request.stale, request.too_large, request.unauthenticated, request.unsupported_media, run.already_active, run.lost, run.not_active, run.not_retryable, run.not_staged, run.terminated, schema.nothing_to_accept, secret.unresolved, setup.invalid, setup.unavailable, source.bad_data, source.bad_filter, source.bound_unproven, source.boundary_lost, source.cursor_changed, source.cursor_unsupported, source.field_missing, source.null_cursor, source.primary_key_missing, source.schema_changed, source.stream_missing, stage.corrupt, stage.full, stage.refused, stage.unreachable, state.nothing_to_undo, transform.failed, transform.limit_exceeded, transform.refused_sql, uploads.no_stage, verify.mismatch, verify.not_possible. More may come. */
  readonly code: string;
  readonly suggestion: string;
  readonly errors: readonly ({
    /** streams[0].cursorField */
    readonly path: string;
    readonly code: string;
    readonly message: string;
    readonly suggestion?: string;
    readonly line?: number;
    readonly column?: number;
  })[];
  /** The same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly requestId: string;
};

export type Readiness = {
  readonly status: 'ready' | 'unavailable';
  readonly checks: { readonly [name: string]: string };
};

export type RebuildReport = {
  readonly connections: readonly ({
    readonly id: string;
    readonly name: string;
    readonly epoch: number;
    /** Streams whose place is known. */
    readonly streams: number;
    readonly paused: boolean;
  })[];
  readonly failures: readonly ({
    readonly id: string;
    readonly name: string;
    readonly code: string;
    readonly message: string;
  })[];
  /** Schedules that were made again or put right. */
  readonly schedules: number;
};

export type ReconcileReport = {
  /** Connections with a schedule that were compared with Temporal. */
  readonly checked: number;
  readonly actions: readonly ({
    readonly connectionId: string;
    /** `created`: Temporal did not have it. `repaired`: somebody or something had changed it. `adopted`: an older version had made it. `removed`: its connection is deleted or manual. `paused`, `unpaused`: as its connection is. `adopted_pause`: somebody paused it in Temporal, and that stays. */
    readonly action: 'created' | 'adopted' | 'repaired' | 'removed' | 'paused' | 'unpaused' | 'adopted_pause';
    readonly detail: string;
  })[];
  /** These stay as they are until the next time; the others are not held up by them. */
  readonly failures: readonly ({
    readonly connectionId: string;
    readonly code: string;
    readonly message: string;
  })[];
};

export type Reject = {
  readonly id: string;
  readonly connectionId: string;
  readonly runId: string;
  readonly runNumber: number;
  readonly stream: string;
  /** The slice of the stream that the rows were in. */
  readonly slice: number;
  readonly rows: number;
  /** The commonest first, at most twenty. */
  readonly reasons: readonly ({
    /** Column of the target, where one is to blame. */
    readonly field?: string;
    readonly code: string;
    /** In words, without values. */
    readonly reason: string;
    /** A row may have several reasons. */
    readonly rows: number;
  })[];
  readonly createdAt: string;
  /** When a run loaded the rows again, or rejected them again. */
  readonly replayedAt: string | null;
  readonly replayedRunId: string | null;
};

export type RejectReason = {
  /** Column of the target, where one is to blame. */
  readonly field?: string;
  readonly code: string;
  /** In words, without values. */
  readonly reason: string;
};

export type RejectedRow = {
  /** Number of the row in its slice, from 1. */
  readonly row: number;
  readonly reasons: readonly (RejectReason)[];
  /** As text, cut after 2,000 characters; the file holds them whole. */
  readonly values: { readonly [name: string]: string | null };
};

export type RowCounts = {
  /** Read from the source. */
  readonly extracted: number;
  /** Read again at the last cursor value and dropped. */
  readonly repeated: number;
  /** Taken out by the transform. */
  readonly filtered: number;
  /** Written and committed. */
  readonly loaded: number;
  /** Kept aside with a reason. */
  readonly rejected: number;
  /** Replaced by a newer row of the same key. */
  readonly superseded: number;
};

export type Run = {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  /** As it is named, or was when it was deleted. */
  readonly connectionName?: string;
  /** The version of the connection it runs; null until it is prepared. */
  readonly connectionVersion: number | null;
  /** Counts the runs of its connection. */
  readonly number: number;
  readonly trigger: 'manual' | 'schedule' | 'api' | 'backfill';
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly workflowId: string;
  /** The run in the Temporal Web UI. */
  readonly temporalUrl: string | null;
  readonly error: RunError | null;
  readonly streams: readonly (RunStream)[];
};

export type RunError = {
  readonly code: string;
  readonly message: string;
  readonly suggestion: string;
};

export type RunItem = {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  /** As it is named, or was when it was deleted. */
  readonly connectionName?: string;
  /** The version of the connection it runs; null until it is prepared. */
  readonly connectionVersion: number | null;
  /** Counts the runs of its connection. */
  readonly number: number;
  readonly trigger: 'manual' | 'schedule' | 'api' | 'backfill';
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly workflowId: string;
  /** The run in the Temporal Web UI. */
  readonly temporalUrl: string | null;
  readonly error: RunError | null;
  /** With include=streams. */
  readonly streams?: readonly (RunStream)[];
};

export type RunLogLine = {
  /** Grows from line to line of a run. */
  readonly id: number;
  readonly at: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly step: 'prepare' | 'extract' | 'transform' | 'load' | 'verify' | 'finish';
  /** Null when the line concerns the whole run. */
  readonly stream: string | null;
  readonly text: string;
};

export type RunStatus = 'queued' | 'running' | 'succeeded' | 'partial' | 'failed' | 'cancelled' | 'delayed';

export type RunStream = {
  readonly name: string;
  readonly step: 'waiting' | 'extract' | 'transform' | 'load' | 'checkpoint' | 'verify' | 'finished';
  readonly status: RunStatus;
  readonly rows: RowCounts;
  readonly bytes: number;
  readonly slices: number;
  /** How far the stream was read; null before anything was. */
  readonly cursor: unknown;
  readonly error: RunError | null;
  /** Schema changes and other things worth knowing. */
  readonly notes: readonly (string)[];
  /** What the comparison after the last load has found; null when there was none. */
  readonly verification: StreamVerification | null;
};

export type RunSummary = {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  /** As it is named, or was when it was deleted. */
  readonly connectionName?: string;
  /** The version of the connection it runs; null until it is prepared. */
  readonly connectionVersion: number | null;
  /** Counts the runs of its connection. */
  readonly number: number;
  readonly trigger: 'manual' | 'schedule' | 'api' | 'backfill';
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly workflowId: string;
  /** The run in the Temporal Web UI. */
  readonly temporalUrl: string | null;
  readonly error: RunError | null;
};

export type Schedule = {
  readonly type: 'manual';
} | {
  readonly type: 'cron';
  /** Five fields: minute hour day month weekday. */
  readonly cron: string;
  /** As the IANA names it: Europe/Berlin. */
  readonly timezone: string;
  /** Puts each start off by up to this long, so that many connections do not start at once. */
  readonly jitter?: string;
  /** A time that comes while a run is active is skipped, or one run waits for its end. */
  readonly overlap?: 'skip' | 'queue';
  /** How late a run that was missed in an outage of Temporal may still start; about one interval when absent. */
  readonly catchUp?: string;
} | {
  readonly type: 'interval';
  readonly every: string;
  /** Moves the starts within the interval, which counts from 1970-01-01T00:00Z. */
  readonly offset?: string;
  /** Puts each start off by up to this long, so that many connections do not start at once. */
  readonly jitter?: string;
  /** A time that comes while a run is active is skipped, or one run waits for its end. */
  readonly overlap?: 'skip' | 'queue';
  /** How late a run that was missed in an outage of Temporal may still start; about one interval when absent. */
  readonly catchUp?: string;
};

export type ScheduleInput = {
  readonly type: 'manual';
} | {
  readonly type: 'cron';
  /** Five fields: minute hour day month weekday. */
  readonly cron: string;
  /** As the IANA names it: Europe/Berlin. */
  readonly timezone?: string;
  /** Puts each start off by up to this long, so that many connections do not start at once. */
  readonly jitter?: string;
  /** A time that comes while a run is active is skipped, or one run waits for its end. */
  readonly overlap?: 'skip' | 'queue';
  /** How late a run that was missed in an outage of Temporal may still start; about one interval when absent. */
  readonly catchUp?: string;
} | {
  readonly type: 'interval';
  readonly every: string;
  /** Moves the starts within the interval, which counts from 1970-01-01T00:00Z. */
  readonly offset?: string;
  /** Puts each start off by up to this long, so that many connections do not start at once. */
  readonly jitter?: string;
  /** A time that comes while a run is active is skipped, or one run waits for its end. */
  readonly overlap?: 'skip' | 'queue';
  /** How late a run that was missed in an outage of Temporal may still start; about one interval when absent. */
  readonly catchUp?: string;
};

export type ScheduleStatus = {
  /** When it starts the next runs, jitter included; empty while it is paused. */
  readonly nextRuns: readonly (string)[];
  /** Also true when somebody paused the Schedule in Temporal, which Millrace leaves alone. */
  readonly paused: boolean;
  /** Why it is paused, or what was last done to it. */
  readonly note: string | null;
};

export type SchemaChange = {
  readonly kind: 'added' | 'dropped' | 'widened' | 'narrowed' | 'retyped' | 'required' | 'nullable' | 'key';
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
  /** What is loaded already does not fit: it takes a refresh, or a change of the target by hand. */
  readonly breaking: boolean;
};

export type SchemaDiff = {
  readonly stream: string;
  readonly schema: SchemaOutlook | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly suggestion: string;
  } | null;
};

export type SchemaOutlook = {
  /** The version that was accepted last; null where no run has met the stream yet. */
  readonly accepted: number | null;
  /** schemaPolicy of the stream. */
  readonly policy: string;
  /** What the source has now against that version. */
  readonly changes: readonly (SchemaChange)[];
  /** What becomes of it: the target follows, new columns are left out, rows that need them are rejected, the stream stops. */
  readonly effect: 'none' | 'follows' | 'left_out' | 'rejected' | 'stops';
};

export type SchemaVersion = {
  readonly stream: string;
  readonly version: number;
  readonly fields: readonly ({
    readonly name: string;
    /** Logical type. */
    readonly type: string;
    readonly nullable: boolean;
    /** The source's own type. */
    readonly native?: {
      readonly system: string;
      readonly type: string;
    };
  })[];
  readonly primaryKey: readonly (string)[];
  /** What is different from the accepted version before. */
  readonly changes: readonly (SchemaChange)[];
  /** A version that is not accepted changes nothing in the target. */
  readonly accepted: boolean;
  /** Number of the run that met it first. */
  readonly run: number;
  readonly seenAt: string;
};

export type SecretRotation = {
  /** Tells keys apart, and gives nothing of them away. */
  readonly currentKey: string;
  /** Values that were sealed anew. */
  readonly rotated: number;
  /** Values that another key had sealed, and still has: ask again, or see unreadable. */
  readonly remaining: number;
  /** What cannot be opened with any key there is, at most a hundred. */
  readonly unreadable: readonly ({
    readonly id: string;
    readonly message: string;
  })[];
};

export type SecretStatus = {
  /** Tells keys apart, and gives nothing of them away. */
  readonly currentKey: string;
  /** Those that it has, and those that something is sealed with. */
  readonly keys: readonly ({
    /** Tells keys apart, and gives nothing of them away. */
    readonly key: string;
    /** How many stored values are sealed with it. */
    readonly values: number;
    /** Whether this process can open them. */
    readonly available: boolean;
  })[];
};

export type SetStateInput = {
  readonly paused?: boolean;
  readonly pauseNote?: string | null;
  /** Why the schedule has paused itself after failed runs. */
  readonly tripped?: string | null;
  readonly epoch?: number;
  /** Counts explicit changes of position. Sent back with PUT, it refuses a state that is stale. */
  readonly revision?: number;
  readonly active?: {
    readonly runId: string;
    readonly number: number;
    readonly workflowId: string;
    readonly trigger: string;
  } | null;
  readonly queued?: readonly ({
    readonly runId: string;
    readonly number: number;
    readonly workflowId: string;
    readonly trigger: string;
  })[];
  readonly lastRun?: {
    readonly number: number;
    readonly status: string;
  } | null;
  /** Feeds that are left out keep their position. */
  readonly feeds: { readonly [name: string]: {
    /** Counts explicit changes of position. */
    readonly lineage?: number;
    /** Counts refreshes. */
    readonly generation?: number;
    /** Slices loaded in this lineage. */
    readonly seq?: number;
    readonly position: Position;
    /** What is read replaces the target when the stream was read once. */
    readonly refreshing?: true;
  } };
};

export type SqlValidation = {
  readonly valid: boolean;
  /** Empty when it is valid. */
  readonly errors: readonly ({
    readonly code: string;
    readonly message: string;
    readonly suggestion: string;
    /** From 1. */
    readonly line?: number;
    /** From 1, in characters. */
    readonly column?: number;
  })[];
  /** Of the result; null when no stream was named, or the SQL is not valid. */
  readonly columns: readonly (PreviewColumn)[] | null;
  readonly lineage: readonly (ColumnLineage)[];
  /** Each row of the result comes from one row of the input: rows that are left out are counted. Null when not valid. */
  readonly rowWise: boolean | null;
};

export type StateChange = {
  readonly revision: number;
  readonly kind: 'set' | 'undo' | 'reset' | 'refresh';
  /** Id of the API key. */
  readonly by: string;
  readonly feeds: { readonly [name: string]: {
    readonly before: FeedState | null;
    readonly after: FeedState;
  } };
};

export type StreamConfig = {
  /** Stream name as discovery shows it, e.g. public.orders. */
  readonly name: string;
  readonly mode: 'full_refresh_overwrite' | 'full_refresh_append' | 'incremental_append' | 'incremental_deduped' | 'mirror' | 'scd2';
  /** Overrides the source's own key. */
  readonly primaryKey?: readonly (string)[];
  readonly cursorField?: string;
  readonly dedup: 'newest_wins' | 'last_load_wins';
  readonly columns?: {
    readonly include: readonly (string)[];
  } | {
    readonly exclude: readonly (string)[];
  };
  /** Only rows that meet every condition are read; the source itself leaves the others out. */
  readonly filter?: readonly (Condition)[];
  /** One SELECT over input, run by DuckDB on every slice. */
  readonly sql?: string;
  readonly target?: {
    /** Destination schema; the default of the destination when absent. */
    readonly schema?: string;
    /** Destination table; the stream's own name when absent. */
    readonly table?: string;
  };
  readonly nullCursor: 'include' | 'exclude' | 'error';
  /** How long to wait for writers that were in flight when the upper bound was taken. */
  readonly settle: string;
  /** The newest rows, by the cursor, wait for a later run: a duration, or a number for cursors that are numbers. */
  readonly holdBack: string | number;
  /** Reads so far back below the cursor again, in modes that merge: for rows that come late. */
  readonly lag: string | number;
  /** When nobody can tell which rows are still being written and rows are appended: stop, or go on and say so. */
  readonly unprovenBound: 'stop' | 'accept';
  /** mirror: rows that are gone from the source are deleted, or kept with the time in _millrace_deleted_at. */
  readonly deletes: 'hard' | 'soft';
  /** When the source has changed its columns: the target follows, new columns are left out, rows that no longer fit are rejected, or the stream stops. */
  readonly schemaPolicy: 'evolve' | 'ignore_new' | 'quarantine' | 'stop';
  /** When a value does not fit the target: it becomes NULL and is noted, its row is kept aside, or the stream stops. */
  readonly rowPolicy: 'null_field' | 'reject_row' | 'stop';
  /** When views, triggers or foreign keys hang on a table that is replaced: its rows are replaced instead, or the stream stops. */
  readonly onDependents: 'auto' | 'refuse';
  /** After each run source and target are compared: by the number of rows, or by the contents of every column. */
  readonly verify: 'none' | 'count' | 'hash';
  /** When the destination has lost slices that it had, as after a restore: read on from what it has, or stop. */
  readonly onDestinationBehind: 'resume' | 'stop';
  /** When the target table is gone although the stream was read: stop, or read it from the start. */
  readonly onTargetMissing: 'stop' | 'refresh';
};

export type StreamConfigInput = {
  /** Stream name as discovery shows it, e.g. public.orders. */
  readonly name: string;
  readonly mode: 'full_refresh_overwrite' | 'full_refresh_append' | 'incremental_append' | 'incremental_deduped' | 'mirror' | 'scd2';
  /** Overrides the source's own key. */
  readonly primaryKey?: readonly (string)[];
  readonly cursorField?: string;
  readonly dedup?: 'newest_wins' | 'last_load_wins';
  readonly columns?: {
    readonly include: readonly (string)[];
  } | {
    readonly exclude: readonly (string)[];
  };
  /** Only rows that meet every condition are read; the source itself leaves the others out. */
  readonly filter?: readonly (Condition)[];
  /** One SELECT over input, run by DuckDB on every slice. */
  readonly sql?: string;
  readonly target?: {
    /** Destination schema; the default of the destination when absent. */
    readonly schema?: string;
    /** Destination table; the stream's own name when absent. */
    readonly table?: string;
  };
  readonly nullCursor?: 'include' | 'exclude' | 'error';
  /** How long to wait for writers that were in flight when the upper bound was taken. */
  readonly settle?: string;
  /** The newest rows, by the cursor, wait for a later run: a duration, or a number for cursors that are numbers. */
  readonly holdBack?: string | number;
  /** Reads so far back below the cursor again, in modes that merge: for rows that come late. */
  readonly lag?: string | number;
  /** When nobody can tell which rows are still being written and rows are appended: stop, or go on and say so. */
  readonly unprovenBound?: 'stop' | 'accept';
  /** mirror: rows that are gone from the source are deleted, or kept with the time in _millrace_deleted_at. */
  readonly deletes?: 'hard' | 'soft';
  /** When the source has changed its columns: the target follows, new columns are left out, rows that no longer fit are rejected, or the stream stops. */
  readonly schemaPolicy?: 'evolve' | 'ignore_new' | 'quarantine' | 'stop';
  /** When a value does not fit the target: it becomes NULL and is noted, its row is kept aside, or the stream stops. */
  readonly rowPolicy?: 'null_field' | 'reject_row' | 'stop';
  /** When views, triggers or foreign keys hang on a table that is replaced: its rows are replaced instead, or the stream stops. */
  readonly onDependents?: 'auto' | 'refuse';
  /** After each run source and target are compared: by the number of rows, or by the contents of every column. */
  readonly verify?: 'none' | 'count' | 'hash';
  /** When the destination has lost slices that it had, as after a restore: read on from what it has, or stop. */
  readonly onDestinationBehind?: 'resume' | 'stop';
  /** When the target table is gone although the stream was read: stop, or read it from the start. */
  readonly onTargetMissing?: 'stop' | 'refresh';
};

export type StreamVerification = {
  /** By the number of rows, or by the contents of every column. */
  readonly method: 'count' | 'hash';
  /** What the source holds now against the target, or what one run had staged against what it loaded. */
  readonly scope: 'table' | 'run';
  /** Nothing differs that the write mode promises to be equal. */
  readonly matched: boolean;
  readonly rows: {
    readonly source: number;
    readonly target: number;
  };
  readonly differences: {
    readonly missing: number;
    readonly extra: number;
    readonly different: number;
    /** The source has changed the row since it was loaded; no error. */
    readonly changedSince: number;
    /** Rows that the row policy kept aside; no error. */
    readonly rejected?: number;
    /** Values that the row policy nulled; no error. */
    readonly repaired?: number;
  };
  /** The first differences. */
  readonly sample: readonly (Difference)[];
  /** There are more differences than `sample` lists. */
  readonly truncated: boolean;
  /** Too many rows differ to be counted: there may be more than `differences` says. */
  readonly atLeast: boolean;
  /** Where the hashes were made: by both servers, or by DuckDB from files. */
  readonly by: 'sql' | 'duckdb';
  /** Rows of both sides whose hashes were fetched one by one. */
  readonly examinedRows: number;
  /** Fields that the target has no column for. */
  readonly skippedColumns: readonly (string)[];
  readonly notes: readonly (string)[];
  readonly checkedAt: string;
};

export type SyncPlan = {
  readonly connectionId: string;
  readonly paused: boolean;
  /** Number of the run that is active: another one waits for its end. */
  readonly activeRun: number | null;
  readonly streams: readonly (PlannedStream)[];
  readonly notes: readonly (string)[];
};

export type System = {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly connector: string;
  /** Secrets are shown as {"set": true}, references as they are. */
  readonly config: { readonly [name: string]: unknown };
  /** Text by text, at most 32, to list by: ?label=team=sales. */
  readonly labels: { readonly [name: string]: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Only of what was deleted. */
  readonly deletedAt?: string;
  /** Only of what was deleted. */
  readonly restorableUntil?: string;
};

export type TargetNames = {
  /** Schema of streams that name no target of their own; {schema} and {table} are the parts of the stream's name. */
  readonly schema?: string;
  /** Table of streams that name no target of their own; {schema} and {table} are the parts of the stream's name. */
  readonly table?: string;
};

export type Upload = {
  readonly id: string;
  readonly name: string;
  /** The folder with this file alone: `root` in the configuration of a files source. */
  readonly root: string;
  readonly bytes: number;
  readonly sha256: string;
  /** When it is removed, unless it was deleted before. */
  readonly expiresAt: string;
};

export type Verification = {
  readonly id: string;
  readonly connectionId: string;
  /** By the number of rows, or by the contents of every column. */
  readonly method: 'count' | 'hash';
  /** What the source holds now against the target, or what one run had staged against what it loaded. */
  readonly scope: 'table' | 'run';
  /** Number of the run, for scope run. */
  readonly run: number | null;
  /** failed: a stream could not be compared. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** Whether every stream matched; null until all were compared. */
  readonly matched: boolean | null;
  /** A run of the connection was active meanwhile: differences may be rows on their way. */
  readonly runActive: boolean;
  readonly streams: readonly (VerifiedStream)[];
  readonly workflowId: string;
  readonly temporalUrl: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
};

export type VerifiedStream = {
  readonly name: string;
  readonly status: 'running' | 'matched' | 'mismatched' | 'failed';
  readonly result: StreamVerification | null;
  /** Why the stream could not be compared. */
  readonly error: RunError | null;
};

export type Worker = {
  /** As Temporal shows it. */
  readonly identity: string;
  /** Empty when Temporal has not seen it poll within some minutes. */
  readonly polls: readonly ('workflow' | 'activity')[];
  /** When Temporal last saw it poll; a worker that has ended stays some minutes. */
  readonly lastAccessAt: string | null;
  /** Null when the process has not told of itself within the last minute. */
  readonly version: string | null;
  readonly startedAt: string | null;
  readonly memoryBytes: number | null;
};

export type Workspace = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};
