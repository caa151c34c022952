import type { Knex } from 'knex';
import type { Verification } from '../../schema/verification.js';
import type { StateChange } from '../../workflows/messages.js';
import { MillraceError } from '../errors/error.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { askDatabase } from './away.js';
import { readConnection, readConnector, readEnds } from './connection-plan.js';
import { openMetadata } from './open.js';
import { markReplayed, recordRejects, rejectsToReplay } from './rejects.js';
import { recordStateChange, stateChanges } from './state-changes.js';
import type { ConnectionRow } from './rows.js';
import { endVerification, recordRunVerification, recordVerification } from './verifications.js';
import { RunLogWriter } from './run-logs.js';
import { endOpenRuns, lastNumber, recordRun, recordStreams } from './run-projection.js';
import { type SchemaVersion, recordSchema, schemaVersions } from './stream-schemas.js';
import { otherWorkers, recordWorker, removeWorker } from './worker-processes.js';
import type {
  ConnectionEnds,
  ConnectionPlan,
  ConnectorInstance,
  MetadataStore,
  RejectRecord,
  RejectSelection,
  RejectedSlice,
  RunError,
  RunLogLine,
  RunRecord,
  StreamRecord,
  VerificationEnd,
  MarkedWorker,
  WorkerProcess,
} from './store.js';

/** What activities get: opens and migrates the metadata database. `ring` opens the connectors' secrets. */
export async function createMetadataStore(databaseUrl: string, ring: KeyRing): Promise<MetadataStore> {
  return new PostgresMetadataStore(await openMetadata(databaseUrl), ring);
}

/** Without the database nothing is decided: its absence has a code of its own, and the engine waits for it as its policies say. */
export class PostgresMetadataStore implements MetadataStore {
  readonly #logs: RunLogWriter;

  constructor(
    private readonly db: Knex,
    private readonly ring: KeyRing,
  ) {
    this.#logs = new RunLogWriter(db);
  }

  loadConnection(connectionId: string, version?: number): Promise<ConnectionPlan> {
    return askDatabase(() => readConnection(this.db, this.ring, connectionId, version));
  }

  loadEnds(connectionId: string): Promise<ConnectionEnds> {
    return askDatabase(() => readEnds(this.db, this.ring, connectionId));
  }

  loadConnector(kind: 'source' | 'destination', id: string): Promise<ConnectorInstance> {
    return askDatabase(() => readConnector(this.db, this.ring, { kind, id }));
  }

  recordRun(run: RunRecord): Promise<void> {
    return askDatabase(() => recordRun(this.db, run));
  }

  recordStreams(runId: string, streams: readonly StreamRecord[]): Promise<void> {
    return askDatabase(() => recordStreams(this.db, runId, streams));
  }

  recordRejects(reject: RejectRecord): Promise<void> {
    return askDatabase(() => recordRejects(this.db, reject));
  }

  rejectsToReplay(connectionId: string, selection: RejectSelection): Promise<readonly RejectedSlice[]> {
    return askDatabase(() => rejectsToReplay(this.db, connectionId, selection));
  }

  markReplayed(rejectId: string, runId: string): Promise<void> {
    return askDatabase(() => markReplayed(this.db, rejectId, runId));
  }

  recordStateChange(connectionId: string, change: StateChange): Promise<void> {
    return askDatabase(() => recordStateChange(this.db, connectionId, change));
  }

  stateChanges(connectionId: string, limit: number): Promise<readonly StateChange[]> {
    return askDatabase(() => stateChanges(this.db, connectionId, limit));
  }

  schemaVersions(connectionId: string): Promise<readonly SchemaVersion[]> {
    return askDatabase(() => schemaVersions(this.db, connectionId));
  }

  recordSchema(connectionId: string, version: Omit<SchemaVersion, 'seenAt'>): Promise<void> {
    return askDatabase(() => recordSchema(this.db, connectionId, version));
  }

  setTripped(connectionId: string, reason: string | null): Promise<void> {
    return askDatabase(async () => {
      await this.db<ConnectionRow>('connections').where({ id: connectionId }).update({ tripped: reason });
    });
  }

  endLostRuns(connectionId: string): Promise<void> {
    return askDatabase(() => endOpenRuns(this.db, connectionId, { status: 'failed', error: lostRun() }));
  }

  wasDeleted(connectionId: string): Promise<boolean> {
    return askDatabase(async () => {
      const connection = await this.db<ConnectionRow>('connections').where({ id: connectionId, deleted_at: null }).first();
      return !connection && (await lastNumber(this.db, connectionId)) > 0;
    });
  }

  lastNumber(connectionId: string): Promise<number> {
    return askDatabase(() => lastNumber(this.db, connectionId));
  }

  recordRunVerification(runId: string, stream: string, found: Verification): Promise<void> {
    return askDatabase(() => recordRunVerification(this.db, { runId, stream, found }));
  }

  recordVerification(id: string, stream: string, found: Verification): Promise<void> {
    return askDatabase(() => recordVerification(this.db, { id, stream, found }));
  }

  endVerification(id: string, end: VerificationEnd): Promise<void> {
    return askDatabase(() => endVerification(this.db, id, end));
  }

  log(line: RunLogLine): void {
    this.#logs.add(line);
  }

  flushLogs(): Promise<void> {
    return this.#logs.flush();
  }

  recordWorker(worker: WorkerProcess): Promise<void> {
    return askDatabase(() => recordWorker(this.db, worker));
  }

  removeWorker(identity: string): Promise<void> {
    return askDatabase(() => removeWorker(this.db, identity));
  }

  otherWorkers(worker: Pick<WorkerProcess, 'identity' | 'taskQueue'>): Promise<readonly MarkedWorker[]> {
    return askDatabase(() => otherWorkers(this.db, worker));
  }

  async close(): Promise<void> {
    await this.#logs.close();
    await this.db.destroy();
  }
}

function lostRun(): RunError {
  const detail = "The connection's workflow was lost while the run was open.";
  const { code, message, suggestion } = new MillraceError('run.lost', { detail });
  return { code, message, suggestion };
}
