/* oxlint-disable max-lines */
/**
 * Made from docs/openapi.json by `node dist/client/generate.js`; not to be edited.
 * @module
 */
import type {
  ApiKey,
  AuditEntry,
  Catalog,
  CheckResult,
  Connection,
  ConnectionDetails,
  ConnectionItem,
  ConnectionState,
  Connector,
  FeedState,
  Health,
  NewApiKey,
  NewWorkspace,
  Overview,
  Preview,
  Readiness,
  RebuildReport,
  ReconcileReport,
  Reject,
  RejectedRow,
  Run,
  RunItem,
  RunLogLine,
  RunStream,
  ScheduleInput,
  SchemaDiff,
  SchemaVersion,
  SecretRotation,
  SecretStatus,
  SetStateInput,
  SqlValidation,
  StateChange,
  StreamConfigInput,
  SyncPlan,
  System,
  TargetNames,
  Upload,
  Verification,
  Worker,
  Workspace,
} from './schemas.js';

export interface Operations {
  /** List the connectors of this build */
  readonly listConnectors: {
    readonly input: {
      /** One id may name a source and a destination. */
      readonly kind?: 'source' | 'destination';
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (Connector)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Read a connector with the schema of its configuration. Of two connectors of one id the source, unless `kind` says otherwise. */
  readonly getConnector: {
    readonly input: {
      readonly id: string;
      /** One id may name a source and a destination. */
      readonly kind?: 'source' | 'destination';
    };
    readonly inputRequired: true;
    readonly answer: Connector;
  };
  /** Configure a source. The configuration is validated, but the other system is not contacted: see check. */
  readonly createSource: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
        /** Id of the connector. */
        readonly connector: string;
        /** As the connector's schema says: GET /v1/connectors/{id}. Secrets are write-only, or {"ref": "env:NAME"} and are looked up by the worker. */
        readonly config: { readonly [name: string]: unknown };
        /** Text by text, at most 32, to list by: ?label=team=sales. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** List sources */
  readonly listSources: {
    readonly input: {
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, with the same sort and filters. */
      readonly after?: string;
      /** One of createdAt, name, updatedAt; with - before it, the other way round. Newest first when absent. */
      readonly sort?: 'createdAt' | '-createdAt' | 'name' | '-name' | 'updatedAt' | '-updatedAt';
      /** Only these fields of each, separated by commas, and the id: id, workspaceId, name, connector, config, labels, createdAt, updatedAt, deletedAt, restorableUntil. */
      readonly fields?: string;
      /** Only those whose name holds this, whatever the case. */
      readonly search?: string;
      /** Only those with this label: `key=value`, or `key` for any value. May be given several times: all must hold. */
      readonly label?: string | readonly (string)[];
      /** Only of this connector. */
      readonly connector?: string;
      /** true: those that were deleted and can be restored, instead of those that are there. */
      readonly deleted?: 'true' | 'false';
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (System)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Read a source */
  readonly getSource: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Replace a source. Secrets that are left out, or sent as {"set": true}, stay. */
  readonly replaceSource: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
        /** Id of the connector. */
        readonly connector: string;
        /** As the connector's schema says: GET /v1/connectors/{id}. Secrets are write-only, or {"ref": "env:NAME"} and are looked up by the worker. */
        readonly config: { readonly [name: string]: unknown };
        /** Text by text, at most 32, to list by: ?label=team=sales. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Change some fields of a source */
  readonly changeSource: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name?: string;
        /** Replaces the configuration. A secret that is left out, or sent as {"set": true}, stays; null removes it. */
        readonly config?: { readonly [name: string]: unknown };
        /** Replaces all labels. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Delete a source. Refused while a connection uses it. It can be restored for MILLRACE_RESTORE_WINDOW. */
  readonly deleteSource: {
    readonly input: {
      readonly id: string;
      /** true: removes it at once, also when it is deleted already. It cannot be restored, and its secrets are gone. */
      readonly forever?: 'true' | 'false';
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
    };
    readonly inputRequired: true;
    readonly answer: undefined;
  };
  /** Restore a deleted source. What is not deleted stays as it is. */
  readonly restoreSource: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Try to reach a source. Answers with facts about the other system, or with a problem that says what is wrong. */
  readonly checkSource: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: CheckResult;
  };
  /** List the streams of a source with their fields and keys */
  readonly discoverSource: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: Catalog;
  };
  /** Configure a destination. The configuration is validated, but the other system is not contacted: see check. */
  readonly createDestination: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
        /** Id of the connector. */
        readonly connector: string;
        /** As the connector's schema says: GET /v1/connectors/{id}. Secrets are write-only, or {"ref": "env:NAME"} and are looked up by the worker. */
        readonly config: { readonly [name: string]: unknown };
        /** Text by text, at most 32, to list by: ?label=team=sales. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** List destinations */
  readonly listDestinations: {
    readonly input: {
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, with the same sort and filters. */
      readonly after?: string;
      /** One of createdAt, name, updatedAt; with - before it, the other way round. Newest first when absent. */
      readonly sort?: 'createdAt' | '-createdAt' | 'name' | '-name' | 'updatedAt' | '-updatedAt';
      /** Only these fields of each, separated by commas, and the id: id, workspaceId, name, connector, config, labels, createdAt, updatedAt, deletedAt, restorableUntil. */
      readonly fields?: string;
      /** Only those whose name holds this, whatever the case. */
      readonly search?: string;
      /** Only those with this label: `key=value`, or `key` for any value. May be given several times: all must hold. */
      readonly label?: string | readonly (string)[];
      /** Only of this connector. */
      readonly connector?: string;
      /** true: those that were deleted and can be restored, instead of those that are there. */
      readonly deleted?: 'true' | 'false';
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (System)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Read a destination */
  readonly getDestination: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Replace a destination. Secrets that are left out, or sent as {"set": true}, stay. */
  readonly replaceDestination: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
        /** Id of the connector. */
        readonly connector: string;
        /** As the connector's schema says: GET /v1/connectors/{id}. Secrets are write-only, or {"ref": "env:NAME"} and are looked up by the worker. */
        readonly config: { readonly [name: string]: unknown };
        /** Text by text, at most 32, to list by: ?label=team=sales. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Change some fields of a destination */
  readonly changeDestination: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name?: string;
        /** Replaces the configuration. A secret that is left out, or sent as {"set": true}, stays; null removes it. */
        readonly config?: { readonly [name: string]: unknown };
        /** Replaces all labels. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Delete a destination. Refused while a connection uses it. It can be restored for MILLRACE_RESTORE_WINDOW. */
  readonly deleteDestination: {
    readonly input: {
      readonly id: string;
      /** true: removes it at once, also when it is deleted already. It cannot be restored, and its secrets are gone. */
      readonly forever?: 'true' | 'false';
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
    };
    readonly inputRequired: true;
    readonly answer: undefined;
  };
  /** Restore a deleted destination. What is not deleted stays as it is. */
  readonly restoreDestination: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: System;
  };
  /** Try to reach a destination. Answers with facts about the other system, or with a problem that says what is wrong. */
  readonly checkDestination: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: CheckResult;
  };
  /** Connect a source to a destination. Everything that can be known before a run is validated now. */
  readonly createConnection: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
        readonly schedule?: ScheduleInput;
        readonly streams: readonly (StreamConfigInput)[];
        readonly limits?: {
          /** Streams that are read side by side. */
          readonly parallelStreams?: number;
          /** A run ends at the next slice edge when it has taken so many rows. */
          readonly rows?: number;
          /** A run ends at the next slice edge after so long; the next one goes on. */
          readonly duration?: string;
        };
        /** The schedule pauses itself after so many failed runs in a row; 0 = never. */
        readonly pauseAfterFailures?: number;
        /** How long the staged files of runs that succeeded are kept, so that they can be loaded elsewhere. */
        readonly keepStaged?: string;
        readonly targetNames?: TargetNames;
        readonly sourceId: string;
        readonly destinationId: string;
        /** Text by text, at most 32, to list by: ?label=team=sales. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: Connection;
  };
  /** List connections */
  readonly listConnections: {
    readonly input: {
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, with the same sort and filters. */
      readonly after?: string;
      /** One of createdAt, name, updatedAt; with - before it, the other way round. Newest first when absent. */
      readonly sort?: 'createdAt' | '-createdAt' | 'name' | '-name' | 'updatedAt' | '-updatedAt';
      /** Only these fields of each, separated by commas, and the id: id, workspaceId, name, sourceId, destinationId, version, paused, tripped, limits, pauseAfterFailures, keepStaged, targetNames, schedule, streams, labels, createdAt, updatedAt, deletedAt, restorableUntil. */
      readonly fields?: string;
      /** Only those whose name holds this, whatever the case. */
      readonly search?: string;
      /** Only those with this label: `key=value`, or `key` for any value. May be given several times: all must hold. */
      readonly label?: string | readonly (string)[];
      /** Only from this source. */
      readonly sourceId?: string;
      /** Only to this destination. */
      readonly destinationId?: string;
      /** Only those that are paused, or only those that are not. */
      readonly paused?: 'true' | 'false';
      /** true: those that were deleted and can be restored, instead of those that are there. */
      readonly deleted?: 'true' | 'false';
      /** What to put into each as well, separated by commas: source, destination, lastRun. */
      readonly include?: string;
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (ConnectionItem)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Read a connection, and what its schedule does next */
  readonly getConnection: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: ConnectionDetails;
  };
  /** Replace a connection. Source and destination stay; a run that is active keeps the version it started with. */
  readonly replaceConnection: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
        readonly schedule?: ScheduleInput;
        readonly streams: readonly (StreamConfigInput)[];
        readonly limits?: {
          /** Streams that are read side by side. */
          readonly parallelStreams?: number;
          /** A run ends at the next slice edge when it has taken so many rows. */
          readonly rows?: number;
          /** A run ends at the next slice edge after so long; the next one goes on. */
          readonly duration?: string;
        };
        /** The schedule pauses itself after so many failed runs in a row; 0 = never. */
        readonly pauseAfterFailures?: number;
        /** How long the staged files of runs that succeeded are kept, so that they can be loaded elsewhere. */
        readonly keepStaged?: string;
        readonly targetNames?: TargetNames;
        readonly sourceId: string;
        readonly destinationId: string;
        /** Text by text, at most 32, to list by: ?label=team=sales. */
        readonly labels?: { readonly [name: string]: string };
      };
    };
    readonly inputRequired: true;
    readonly answer: Connection;
  };
  /** Change some fields of a connection */
  readonly changeConnection: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name?: string;
        readonly schedule?: ScheduleInput;
        readonly limits?: {
          /** Streams that are read side by side. */
          readonly parallelStreams?: number;
          /** A run ends at the next slice edge when it has taken so many rows. */
          readonly rows?: number;
          /** A run ends at the next slice edge after so long; the next one goes on. */
          readonly duration?: string;
        };
        readonly pauseAfterFailures?: number;
        readonly keepStaged?: string;
        readonly targetNames?: TargetNames;
        /** Replaces all labels. */
        readonly labels?: { readonly [name: string]: string };
        /** Replaces the list of streams. Streams that stay keep their position. */
        readonly streams?: readonly (StreamConfigInput)[];
      };
    };
    readonly inputRequired: true;
    readonly answer: Connection;
  };
  /** Delete a connection. Cancels an active run. What was loaded stays in the destination. It can be restored for MILLRACE_RESTORE_WINDOW. */
  readonly deleteConnection: {
    readonly input: {
      readonly id: string;
      /** true: removes it at once, also when it is deleted already. It cannot be restored, and its secrets are gone. */
      readonly forever?: 'true' | 'false';
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
    };
    readonly inputRequired: true;
    readonly answer: undefined;
  };
  /** Restore a deleted connection. It goes on where it was. 409 while its source or destination is deleted, and when another connection has taken a target. */
  readonly restoreConnection: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: Connection;
  };
  /** Run a connection. Joins a run that is already waiting. With `wait`, answers when the run has ended or the time is over. */
  readonly requestSync: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body?: {
        /** Only these streams; all when absent. */
        readonly streams?: readonly (string)[];
        /** Reads these streams, or all of the run, from the start; what they had loaded is replaced at once when they have ended. */
        readonly refresh?: true | readonly (string)[];
        /** Reads a window of cursor values again, and leaves the cursor where it is. */
        readonly backfill?: {
          /** First cursor value, as the source prints it. */
          readonly from?: string;
          /** The cursor value to stop before. */
          readonly to?: string;
        };
        /** `manual` when a person asked for it, as the CLI does. */
        readonly trigger?: 'api' | 'manual';
      };
    };
    readonly inputRequired: true;
    readonly answer: Run;
  };
  /** Pause a connection and its schedule. A run that is active goes on; no other starts. */
  readonly pauseConnection: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body?: {
        /** Why, for those who wonder later. */
        readonly note?: string;
      };
    };
    readonly inputRequired: true;
    readonly answer: Connection;
  };
  /** Resume a paused connection and its schedule */
  readonly resumeConnection: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: Connection;
  };
  /** Cancel the active run. It ends at the next slice edge; what was loaded stays. */
  readonly cancelConnectionRun: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: Run;
  };
  /** How far each stream was read. Asks the workflow, the owner of all cursors. */
  readonly getState: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: ConnectionState;
  };
  /** Set how far streams were read. Takes what GET gave. Streams that are left out keep their position. */
  readonly setState: {
    readonly input: {
      readonly id: string;
      readonly body: SetStateInput;
    };
    readonly inputRequired: true;
    readonly answer: ConnectionState;
  };
  /** Changes of position that somebody made, newest first */
  readonly listStateChanges: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (StateChange)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Undo the newest change of position. Positions only: rows that were loaded since stay. */
  readonly undoStateChange: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: ConnectionState;
  };
  /** Read a stream from the start in the next run. On top of what is loaded. Other streams keep their position. */
  readonly resetStream: {
    readonly input: {
      readonly id: string;
      readonly stream: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: FeedState;
  };
  /** Read a stream from the start in the next run, and replace what is loaded. The old rows stay readable until all new ones are there. Other streams keep their position. */
  readonly refreshStream: {
    readonly input: {
      readonly id: string;
      readonly stream: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: FeedState;
  };
  /** Versions of the streams' columns, newest first. Each as the first run that met it found it. */
  readonly listSchemas: {
    readonly input: {
      readonly id: string;
      /** Only versions of this stream. */
      readonly stream?: string;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (SchemaVersion)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Accept the newest version of a stream's columns. The next run brings the target up to it. */
  readonly acceptSchema: {
    readonly input: {
      readonly id: string;
      readonly stream: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: SchemaVersion;
  };
  /** Say what a run would do now. Looks at source and destination and changes neither. What it says holds as long as both stay as they are. */
  readonly planSync: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body?: {
        /** Only these streams; all when absent. */
        readonly streams?: readonly (string)[];
        /** Reads these streams, or all of the run, from the start; what they had loaded is replaced at once when they have ended. */
        readonly refresh?: true | readonly (string)[];
        /** Reads a window of cursor values again, and leaves the cursor where it is. */
        readonly backfill?: {
          /** First cursor value, as the source prints it. */
          readonly from?: string;
          /** The cursor value to stop before. */
          readonly to?: string;
        };
      };
    };
    readonly inputRequired: true;
    readonly answer: SyncPlan;
  };
  /** What the source has now against the accepted columns, and what a run would make of it. Asks the source; nothing is recorded. */
  readonly diffSchemas: {
    readonly input: {
      readonly id: string;
      /** Only versions of this stream. */
      readonly stream?: string;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (SchemaDiff)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Bring back what a lost Temporal database held. Cursors come from the ledgers in the destinations, schedules from the metadata. Where nothing is lost, nothing changes. */
  readonly rebuild: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: false;
    readonly answer: RebuildReport;
  };
  /** Some rows of a stream. Whichever the source finds first. It is only read, and not for long. */
  readonly previewStream: {
    readonly input: {
      readonly id: string;
      readonly stream: string;
      /** How many rows to show, at most 200. */
      readonly limit?: number;
      /** As this connection reads the stream: its columns and its filter. */
      readonly connectionId?: string;
    };
    readonly inputRequired: true;
    readonly answer: Preview;
  };
  /** Run a SELECT over samples of the streams of a source. DuckDB runs it, not the source: `sampled` says of which streams all rows were read. */
  readonly querySource: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        /** One SELECT; FROM names streams of the source. */
        readonly sql: string;
        /** How many rows to read of a stream, at most 100000. */
        readonly sample?: number;
        /** How many rows to show, at most 1000. */
        readonly limit?: number;
      };
    };
    readonly inputRequired: true;
    readonly answer: Preview;
  };
  /** Say whether SQL may be a transform, and what its columns are made of. SQL that is refused is an answer, too: 200 with `valid: false`. Without a stream no worker is needed, and columns that do not exist are not found. */
  readonly validateTransform: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        readonly sourceId?: string;
        /** As this connection reads the stream: its columns and its filter, and its SQL where none is given. */
        readonly connectionId?: string;
        /** Stream of the source, e.g. public.orders. */
        readonly stream?: string;
        readonly sql: string;
        /** Only these columns of the stream are input. */
        readonly columns?: {
          readonly include: readonly (string)[];
        } | {
          readonly exclude: readonly (string)[];
        };
        /** Tables that the SQL may read, with their columns, where no stream is named; `input` with unknown columns when absent. */
        readonly inputs?: { readonly [name: string]: readonly (string)[] };
      };
    };
    readonly inputRequired: true;
    readonly answer: SqlValidation;
  };
  /** Run SQL over a sample of a stream. As a run does, in the locked engine; nothing is kept. */
  readonly previewTransform: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        readonly sourceId?: string;
        /** As this connection reads the stream: its columns and its filter, and its SQL where none is given. */
        readonly connectionId?: string;
        /** Stream of the source, e.g. public.orders. */
        readonly stream: string;
        /** One SELECT over input. The SQL of the connection when absent. */
        readonly sql?: string;
        /** Only these columns of the stream are input. */
        readonly columns?: {
          readonly include: readonly (string)[];
        } | {
          readonly exclude: readonly (string)[];
        };
        /** How many rows to read of a stream, at most 10000. */
        readonly sample?: number;
        /** How many rows to show, at most 200. */
        readonly limit?: number;
      };
    };
    readonly inputRequired: true;
    readonly answer: Preview;
  };
  /** List runs */
  readonly listRuns: {
    readonly input: {
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, with the same sort and filters. */
      readonly after?: string;
      /** One of createdAt, startedAt, endedAt; with - before it, the other way round. Newest first when absent. */
      readonly sort?: 'createdAt' | '-createdAt' | 'startedAt' | '-startedAt' | 'endedAt' | '-endedAt';
      /** Only these fields of each, separated by commas, and the id: id, workspaceId, connectionId, connectionName, connectionVersion, number, trigger, status, createdAt, startedAt, endedAt, workflowId, temporalUrl, error. */
      readonly fields?: string;
      /** Only runs of this connection. */
      readonly connectionId?: string;
      /** Only runs with one of these statuses, separated by commas. */
      readonly status?: string;
      /** Only runs started by one of these: manual, schedule, api, backfill. */
      readonly trigger?: string;
      /** Only runs asked for from this time on. */
      readonly since?: string;
      /** Only runs asked for before this time. */
      readonly until?: string;
      /** What to put into each as well: streams. */
      readonly include?: string;
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (RunItem)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Read a run with its streams. With `wait`, answers when the run has ended or the time is over. */
  readonly getRun: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
    };
    readonly inputRequired: true;
    readonly answer: Run;
  };
  /** What became of each stream of a run */
  readonly listRunStreams: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (RunStream)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Cancel a run. It ends at the next slice edge; what was loaded stays. */
  readonly cancelRun: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: true;
    readonly answer: Run;
  };
  /** Go on where a run ended before its time. A new run with the streams that the old one did not finish; what it had loaded and staged counts. */
  readonly retryRun: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body?: {
        /** `stage` loads only what the run had staged, and leaves the source alone. */
        readonly from?: 'source' | 'stage';
      };
    };
    readonly inputRequired: true;
    readonly answer: Run;
  };
  /** Load what a run had loaded into another destination. From its staged files, which `keepStaged` of the connection keeps; the source is not asked. Once more is not twice. */
  readonly replayRun: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        /** The destination to load into. */
        readonly destinationId: string;
      };
    };
    readonly inputRequired: true;
    readonly answer: Run;
  };
  /** Rows that a run rejected, by slice, newest first */
  readonly listRunRejects: {
    readonly input: {
      readonly id: string;
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before. */
      readonly after?: string;
      /** Only of this stream. */
      readonly stream?: string;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (Reject)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Rows that the runs of a connection rejected, by slice, newest first */
  readonly listConnectionRejects: {
    readonly input: {
      readonly id: string;
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before. */
      readonly after?: string;
      /** Only of this stream. */
      readonly stream?: string;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (Reject)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Rejected rows with their values and reasons. The API reads them from the stage itself. */
  readonly listRejectedRows: {
    readonly input: {
      readonly id: string;
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before. */
      readonly after?: number;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (RejectedRow)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Rejected rows as a file: Parquet, CSV or newline-delimited JSON */
  readonly downloadRejectedRows: {
    readonly input: {
      readonly id: string;
      /** Parquet holds every value with its type. */
      readonly format?: 'parquet' | 'csv' | 'ndjson';
    };
    readonly inputRequired: true;
    readonly answer: ReadableStream<Uint8Array>;
  };
  /** Load rejected rows again, after what refused them was changed. By the configuration of today and without the source; once more is not twice. Rows that are refused again are rejected again. */
  readonly replayRejects: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body?: {
        /** Only rows of this stream. */
        readonly stream?: string;
        /** Only rows that this run rejected. */
        readonly run?: string;
        /** Exactly these; otherwise all that were not loaded again yet. */
        readonly rejects?: readonly (string)[];
      };
    };
    readonly inputRequired: true;
    readonly answer: Run;
  };
  /** Hand over a file, so that a files source can read it. The body is the file itself, of any size. It goes into the stage, and is removed a day later. */
  readonly uploadFile: {
    readonly input: {
      /** Name of the file; its ending tells a files source how it is compressed. */
      readonly name: string;
      readonly body: ReadableStream<Uint8Array> | Blob | Uint8Array;
    };
    readonly inputRequired: true;
    readonly answer: Upload;
  };
  /** Remove a file that was handed over */
  readonly deleteUpload: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: undefined;
  };
  /** Compare sources with their targets. Changes nothing. With `wait`, answers when all streams were compared or the time is over. */
  readonly verifyConnection: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body?: {
        /** Only these streams; all when absent. */
        readonly streams?: readonly (string)[];
        /** By the number of rows, or by the contents of every column. */
        readonly method?: 'count' | 'hash';
        /** What the source holds now against the target, or what one run had staged against what it loaded. */
        readonly scope?: 'table' | 'run';
        /** Number of the run, for scope run; the newest when absent. */
        readonly run?: number;
      };
    };
    readonly inputRequired: true;
    readonly answer: Verification;
  };
  /** Comparisons of a connection that somebody asked for */
  readonly listVerifications: {
    readonly input: {
      readonly id: string;
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, with the same sort and filters. */
      readonly after?: string;
      /** One of createdAt; with - before it, the other way round. Newest first when absent. */
      readonly sort?: 'createdAt' | '-createdAt';
      /** Only these fields of each, separated by commas, and the id: id, connectionId, method, scope, run, status, matched, runActive, streams, workflowId, temporalUrl, createdAt, endedAt. */
      readonly fields?: string;
      /** Only those with one of these statuses: running, succeeded, failed, cancelled. */
      readonly status?: string;
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (Verification)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Read what a comparison has found */
  readonly getVerification: {
    readonly input: {
      readonly id: string;
      /** Answer only when the run has ended, or this time is over: 30s, at most 10m. */
      readonly wait?: string;
    };
    readonly inputRequired: true;
    readonly answer: Verification;
  };
  /** Compare the schedules of the workspace with Temporal now, and repair them. Happens by itself when an API process starts and every few minutes (MILLRACE_RECONCILE_EVERY). */
  readonly reconcileSchedules: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: false;
    readonly answer: ReconcileReport;
  };
  /** Create an API key. The answer is the only place where the key is ever shown. */
  readonly createApiKey: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
        /** read sees; operate also runs, pauses and cancels; admin also changes configuration and keys. */
        readonly scope: 'read' | 'operate' | 'admin';
        /** Never when null. */
        readonly expiresAt?: string | null;
      };
    };
    readonly inputRequired: true;
    readonly answer: NewApiKey;
  };
  /** List API keys */
  readonly listApiKeys: {
    readonly input: {
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, with the same sort and filters. */
      readonly after?: string;
      /** One of createdAt, name, expiresAt, lastUsedAt; with - before it, the other way round. Newest first when absent. */
      readonly sort?: 'createdAt' | '-createdAt' | 'name' | '-name' | 'expiresAt' | '-expiresAt' | 'lastUsedAt' | '-lastUsedAt';
      /** Only these fields of each, separated by commas, and the id: id, name, prefix, scope, createdAt, expiresAt, lastUsedAt, revokedAt, rotatedFrom. */
      readonly fields?: string;
      /** Only those whose name holds this, whatever the case. */
      readonly search?: string;
      /** Only keys of exactly this scope. */
      readonly scope?: 'read' | 'operate' | 'admin';
      /** Only those that are revoked, or only those that are not. */
      readonly revoked?: 'true' | 'false';
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (ApiKey)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Replace an API key by a new one. The new key has the same name and scope and works at once; the old one works until the overlap ends. */
  readonly rotateApiKey: {
    readonly input: {
      readonly id: string;
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body?: {
        /** How long the old key still works: 0s to 90d. */
        readonly overlap?: string;
        /** Of the new key; never when null. When absent, it lives as long as the old one was to. */
        readonly expiresAt?: string | null;
      };
    };
    readonly inputRequired: true;
    readonly answer: NewApiKey;
  };
  /** Revoke an API key. At once and for good. The key stays in the list. */
  readonly revokeApiKey: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: undefined;
  };
  /** Follow a run until it ends, as server-sent events. First `snapshot` with the whole run, then `change` with the streams that have changed, at most four a second; `end` is the last. */
  readonly watchRun: {
    readonly input: {
      readonly id: string;
      /** The last id that was received: goes on behind it, without gap and without repetition. */
      readonly lastEventID?: string;
    };
    readonly inputRequired: true;
    readonly answer: ReadableStream<Uint8Array>;
  };
  /** Follow the runs of the workspace, or of one connection, as server-sent events. First `snapshot` with the runs that are open, then `change` and `end` of each run, at most four a second a run. */
  readonly watchRuns: {
    readonly input: {
      /** Only runs of this connection. */
      readonly connectionId?: string;
      /** The last id that was received: goes on behind it, without gap and without repetition. */
      readonly lastEventID?: string;
    };
    readonly inputRequired: false;
    readonly answer: ReadableStream<Uint8Array>;
  };
  /** What a run did, line by line, oldest first. Without secrets. A line comes a moment after what it tells of; all are there when the run has ended. */
  readonly listRunLogs: {
    readonly input: {
      readonly id: string;
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, or the id of the last line seen. */
      readonly after?: number;
      /** Only lines of this level and above. */
      readonly level?: 'debug' | 'info' | 'warn' | 'error';
      /** Only lines of this step. */
      readonly step?: 'prepare' | 'extract' | 'transform' | 'load' | 'verify' | 'finish';
      /** Only lines of this stream. */
      readonly stream?: string;
      /** Only lines that hold this text, in whatever case. */
      readonly search?: string;
      /** `text` downloads all lines that match, whatever `limit` says. */
      readonly format?: 'json' | 'text';
    };
    readonly inputRequired: true;
    readonly answer: {
      readonly data: readonly (RunLogLine)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** What a first screen shows: health of connections, late ones, next runs, runs under way, workers and backlog. What only Temporal knows is null while it does not answer. */
  readonly getOverview: {
    readonly input: Record<never, never>;
    readonly inputRequired: false;
    readonly answer: Overview;
  };
  /** Workers that poll the task queue. They work for every workspace of the installation. */
  readonly listWorkers: {
    readonly input: Record<never, never>;
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (Worker)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Metrics in the OpenMetrics text format. With an API key those of its workspace; with `MILLRACE_METRICS_TOKEN` those of all. */
  readonly getMetrics: {
    readonly input: Record<never, never>;
    readonly inputRequired: false;
    readonly answer: ReadableStream<Uint8Array>;
  };
  /** Who changed what, newest first. Every write that was carried out, or refused after its key was known. Kept for MILLRACE_AUDIT_KEEP. */
  readonly listAudit: {
    readonly input: {
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before. */
      readonly after?: string;
      /** Only of the resource with this id. */
      readonly resource?: string;
      /** Only of the API key with this id. */
      readonly key?: string;
      /** Only from this time on. */
      readonly since?: string;
      /** Only before this time. */
      readonly until?: string;
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (AuditEntry)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** How many stored values are sealed with which key */
  readonly getSecretStatus: {
    readonly input: Record<never, never>;
    readonly inputRequired: false;
    readonly answer: SecretStatus;
  };
  /** Seal every stored secret with the current key. While everything goes on. May be broken off and asked for again at any time. */
  readonly rotateSecrets: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
    };
    readonly inputRequired: false;
    readonly answer: SecretRotation;
  };
  /** Create a workspace. With a key of the default workspace only. The answer is the only place where the first key of the new one is ever shown. */
  readonly createWorkspace: {
    readonly input: {
      /** Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h. */
      readonly idempotencyKey?: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
      };
    };
    readonly inputRequired: true;
    readonly answer: NewWorkspace;
  };
  /** List workspaces. All with a key of the default workspace, otherwise the own one. */
  readonly listWorkspaces: {
    readonly input: {
      /** How many to return, at most 200. */
      readonly limit?: number;
      /** `page.next` of the page before, with the same sort and filters. */
      readonly after?: string;
      /** One of createdAt, name; with - before it, the other way round. Newest first when absent. */
      readonly sort?: 'createdAt' | '-createdAt' | 'name' | '-name';
      /** Only these fields of each, separated by commas, and the id: id, name, createdAt, updatedAt. */
      readonly fields?: string;
      /** Only those whose name holds this, whatever the case. */
      readonly search?: string;
    };
    readonly inputRequired: false;
    readonly answer: {
      readonly data: readonly (Workspace)[];
      readonly page: {
        /** Send it as `after` to get the next page. */
        readonly next: string | null;
        readonly hasMore: boolean;
      };
    };
  };
  /** Read a workspace */
  readonly getWorkspace: {
    readonly input: {
      readonly id: string;
    };
    readonly inputRequired: true;
    readonly answer: Workspace;
  };
  /** Rename a workspace */
  readonly changeWorkspace: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
      readonly body: {
        /** For people; need not be unique. */
        readonly name: string;
      };
    };
    readonly inputRequired: true;
    readonly answer: Workspace;
  };
  /** Delete an empty workspace. Its API keys go with it. */
  readonly deleteWorkspace: {
    readonly input: {
      readonly id: string;
      /** The ETag that was read, or *. 428 without it; 412 when the resource has changed since. */
      readonly ifMatch: string;
    };
    readonly inputRequired: true;
    readonly answer: undefined;
  };
  /** Is the process alive */
  readonly getHealth: {
    readonly input: Record<never, never>;
    readonly inputRequired: false;
    readonly answer: Health;
  };
  /** Can it serve: database, Temporal, and the worker if it has one */
  readonly getReadiness: {
    readonly input: Record<never, never>;
    readonly inputRequired: false;
    readonly answer: Readiness;
  };
}

export const ROUTES = {
  listConnectors: { method: 'GET', path: '/v1/connectors', query: ['kind'], headers: [], file: false },
  getConnector: { method: 'GET', path: '/v1/connectors/{id}', query: ['kind'], headers: [], file: false },
  createSource: { method: 'POST', path: '/v1/sources', query: [], headers: ['Idempotency-Key'], file: false },
  listSources: { method: 'GET', path: '/v1/sources', query: ['limit', 'after', 'sort', 'fields', 'search', 'label', 'connector', 'deleted'], headers: [], file: false },
  getSource: { method: 'GET', path: '/v1/sources/{id}', query: [], headers: [], file: false },
  replaceSource: { method: 'PUT', path: '/v1/sources/{id}', query: [], headers: ['If-Match'], file: false },
  changeSource: { method: 'PATCH', path: '/v1/sources/{id}', query: [], headers: ['If-Match'], file: false },
  deleteSource: { method: 'DELETE', path: '/v1/sources/{id}', query: ['forever'], headers: ['If-Match'], file: false },
  restoreSource: { method: 'POST', path: '/v1/sources/{id}/restore', query: [], headers: ['Idempotency-Key'], file: false },
  checkSource: { method: 'POST', path: '/v1/sources/{id}/check', query: [], headers: ['Idempotency-Key'], file: false },
  discoverSource: { method: 'POST', path: '/v1/sources/{id}/discover', query: [], headers: ['Idempotency-Key'], file: false },
  createDestination: { method: 'POST', path: '/v1/destinations', query: [], headers: ['Idempotency-Key'], file: false },
  listDestinations: { method: 'GET', path: '/v1/destinations', query: ['limit', 'after', 'sort', 'fields', 'search', 'label', 'connector', 'deleted'], headers: [], file: false },
  getDestination: { method: 'GET', path: '/v1/destinations/{id}', query: [], headers: [], file: false },
  replaceDestination: { method: 'PUT', path: '/v1/destinations/{id}', query: [], headers: ['If-Match'], file: false },
  changeDestination: { method: 'PATCH', path: '/v1/destinations/{id}', query: [], headers: ['If-Match'], file: false },
  deleteDestination: { method: 'DELETE', path: '/v1/destinations/{id}', query: ['forever'], headers: ['If-Match'], file: false },
  restoreDestination: { method: 'POST', path: '/v1/destinations/{id}/restore', query: [], headers: ['Idempotency-Key'], file: false },
  checkDestination: { method: 'POST', path: '/v1/destinations/{id}/check', query: [], headers: ['Idempotency-Key'], file: false },
  createConnection: { method: 'POST', path: '/v1/connections', query: [], headers: ['Idempotency-Key'], file: false },
  listConnections: { method: 'GET', path: '/v1/connections', query: ['limit', 'after', 'sort', 'fields', 'search', 'label', 'sourceId', 'destinationId', 'paused', 'deleted', 'include'], headers: [], file: false },
  getConnection: { method: 'GET', path: '/v1/connections/{id}', query: [], headers: [], file: false },
  replaceConnection: { method: 'PUT', path: '/v1/connections/{id}', query: [], headers: ['If-Match'], file: false },
  changeConnection: { method: 'PATCH', path: '/v1/connections/{id}', query: [], headers: ['If-Match'], file: false },
  deleteConnection: { method: 'DELETE', path: '/v1/connections/{id}', query: ['forever'], headers: ['If-Match'], file: false },
  restoreConnection: { method: 'POST', path: '/v1/connections/{id}/restore', query: [], headers: ['Idempotency-Key'], file: false },
  requestSync: { method: 'POST', path: '/v1/connections/{id}/syncs', query: ['wait'], headers: ['Idempotency-Key'], file: false },
  pauseConnection: { method: 'POST', path: '/v1/connections/{id}/pause', query: [], headers: ['Idempotency-Key'], file: false },
  resumeConnection: { method: 'POST', path: '/v1/connections/{id}/resume', query: [], headers: ['Idempotency-Key'], file: false },
  cancelConnectionRun: { method: 'POST', path: '/v1/connections/{id}/cancel', query: ['wait'], headers: ['Idempotency-Key'], file: false },
  getState: { method: 'GET', path: '/v1/connections/{id}/state', query: [], headers: [], file: false },
  setState: { method: 'PUT', path: '/v1/connections/{id}/state', query: [], headers: [], file: false },
  listStateChanges: { method: 'GET', path: '/v1/connections/{id}/state/changes', query: [], headers: [], file: false },
  undoStateChange: { method: 'POST', path: '/v1/connections/{id}/state/undo', query: [], headers: ['Idempotency-Key'], file: false },
  resetStream: { method: 'POST', path: '/v1/connections/{id}/streams/{stream}/reset', query: [], headers: ['Idempotency-Key'], file: false },
  refreshStream: { method: 'POST', path: '/v1/connections/{id}/streams/{stream}/refresh', query: [], headers: ['Idempotency-Key'], file: false },
  listSchemas: { method: 'GET', path: '/v1/connections/{id}/schemas', query: ['stream'], headers: [], file: false },
  acceptSchema: { method: 'POST', path: '/v1/connections/{id}/streams/{stream}/schema/accept', query: [], headers: ['Idempotency-Key'], file: false },
  planSync: { method: 'POST', path: '/v1/connections/{id}/plan', query: [], headers: ['Idempotency-Key'], file: false },
  diffSchemas: { method: 'GET', path: '/v1/connections/{id}/schemas/diff', query: ['stream'], headers: [], file: false },
  rebuild: { method: 'POST', path: '/v1/rebuild', query: [], headers: ['Idempotency-Key'], file: false },
  previewStream: { method: 'GET', path: '/v1/sources/{id}/streams/{stream}/preview', query: ['limit', 'connectionId'], headers: [], file: false },
  querySource: { method: 'POST', path: '/v1/sources/{id}/query', query: [], headers: ['Idempotency-Key'], file: false },
  validateTransform: { method: 'POST', path: '/v1/transforms/validate', query: [], headers: ['Idempotency-Key'], file: false },
  previewTransform: { method: 'POST', path: '/v1/transforms/preview', query: [], headers: ['Idempotency-Key'], file: false },
  listRuns: { method: 'GET', path: '/v1/runs', query: ['limit', 'after', 'sort', 'fields', 'connectionId', 'status', 'trigger', 'since', 'until', 'include'], headers: [], file: false },
  getRun: { method: 'GET', path: '/v1/runs/{id}', query: ['wait'], headers: [], file: false },
  listRunStreams: { method: 'GET', path: '/v1/runs/{id}/streams', query: [], headers: [], file: false },
  cancelRun: { method: 'POST', path: '/v1/runs/{id}/cancel', query: [], headers: ['Idempotency-Key'], file: false },
  retryRun: { method: 'POST', path: '/v1/runs/{id}/retry', query: ['wait'], headers: ['Idempotency-Key'], file: false },
  replayRun: { method: 'POST', path: '/v1/runs/{id}/replay', query: ['wait'], headers: ['Idempotency-Key'], file: false },
  listRunRejects: { method: 'GET', path: '/v1/runs/{id}/rejects', query: ['limit', 'after', 'stream'], headers: [], file: false },
  listConnectionRejects: { method: 'GET', path: '/v1/connections/{id}/rejects', query: ['limit', 'after', 'stream'], headers: [], file: false },
  listRejectedRows: { method: 'GET', path: '/v1/rejects/{id}/rows', query: ['limit', 'after'], headers: [], file: false },
  downloadRejectedRows: { method: 'GET', path: '/v1/rejects/{id}/download', query: ['format'], headers: [], file: true },
  replayRejects: { method: 'POST', path: '/v1/connections/{id}/rejects/replay', query: ['wait'], headers: ['Idempotency-Key'], file: false },
  uploadFile: { method: 'POST', path: '/v1/uploads', query: ['name'], headers: [], file: false, takesFile: true },
  deleteUpload: { method: 'DELETE', path: '/v1/uploads/{id}', query: [], headers: [], file: false },
  verifyConnection: { method: 'POST', path: '/v1/connections/{id}/verify', query: ['wait'], headers: ['Idempotency-Key'], file: false },
  listVerifications: { method: 'GET', path: '/v1/connections/{id}/verifications', query: ['limit', 'after', 'sort', 'fields', 'status'], headers: [], file: false },
  getVerification: { method: 'GET', path: '/v1/verifications/{id}', query: ['wait'], headers: [], file: false },
  reconcileSchedules: { method: 'POST', path: '/v1/schedules/reconcile', query: [], headers: ['Idempotency-Key'], file: false },
  createApiKey: { method: 'POST', path: '/v1/api-keys', query: [], headers: ['Idempotency-Key'], file: false },
  listApiKeys: { method: 'GET', path: '/v1/api-keys', query: ['limit', 'after', 'sort', 'fields', 'search', 'scope', 'revoked'], headers: [], file: false },
  rotateApiKey: { method: 'POST', path: '/v1/api-keys/{id}/rotate', query: [], headers: ['Idempotency-Key'], file: false },
  revokeApiKey: { method: 'DELETE', path: '/v1/api-keys/{id}', query: [], headers: [], file: false },
  watchRun: { method: 'GET', path: '/v1/runs/{id}/events', query: [], headers: ['Last-Event-ID'], file: true },
  watchRuns: { method: 'GET', path: '/v1/events', query: ['connectionId'], headers: ['Last-Event-ID'], file: true },
  listRunLogs: { method: 'GET', path: '/v1/runs/{id}/logs', query: ['limit', 'after', 'level', 'step', 'stream', 'search', 'format'], headers: [], file: false },
  getOverview: { method: 'GET', path: '/v1/overview', query: [], headers: [], file: false },
  listWorkers: { method: 'GET', path: '/v1/workers', query: [], headers: [], file: false },
  getMetrics: { method: 'GET', path: '/metrics', query: [], headers: [], file: true },
  listAudit: { method: 'GET', path: '/v1/audit', query: ['limit', 'after', 'resource', 'key', 'since', 'until'], headers: [], file: false },
  getSecretStatus: { method: 'GET', path: '/v1/secrets', query: [], headers: [], file: false },
  rotateSecrets: { method: 'POST', path: '/v1/secrets/rotate', query: [], headers: ['Idempotency-Key'], file: false },
  createWorkspace: { method: 'POST', path: '/v1/workspaces', query: [], headers: ['Idempotency-Key'], file: false },
  listWorkspaces: { method: 'GET', path: '/v1/workspaces', query: ['limit', 'after', 'sort', 'fields', 'search'], headers: [], file: false },
  getWorkspace: { method: 'GET', path: '/v1/workspaces/{id}', query: [], headers: [], file: false },
  changeWorkspace: { method: 'PATCH', path: '/v1/workspaces/{id}', query: [], headers: ['If-Match'], file: false },
  deleteWorkspace: { method: 'DELETE', path: '/v1/workspaces/{id}', query: [], headers: ['If-Match'], file: false },
  getHealth: { method: 'GET', path: '/healthz', query: [], headers: [], file: false },
  getReadiness: { method: 'GET', path: '/readyz', query: [], headers: [], file: false },
} as const;
