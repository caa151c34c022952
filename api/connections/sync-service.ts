import { MillraceError } from '../../platform/errors/error.js';
import type { Labels } from '../../workflows/messages.js';
import type { Principal } from '../auth/principal.js';
import type { ConnectionEngine, EngineConnection } from '../engine/connection-engine.js';
import type { ScheduleKeeper } from '../engine/schedules.js';
import { accepted, tagged, type Answer } from '../http/answer.js';
import { updateIdOf } from '../http/idempotency.js';
import type { RunView } from '../runs/run-schemas.js';
import type { RunService, WaitForRun } from '../runs/run-service.js';
import type { RunStore } from '../runs/run-store.js';
import type { ConnectionView } from './connection-schemas.js';
import type { ConnectionStore, StoredConnection } from './connection-store.js';
import { connectionView } from './connection-view.js';
import type { ReplayRejectsBody } from '../rejects/reject-schemas.js';
import { type RunOrder, rejectsOf, replayOf, requestOf, retryOf } from './run-order.js';
import type { ReplayBody, RequestSyncBody, RetryBody } from './sync-schemas.js';

export interface SyncCall {
  readonly body: RequestSyncBody;
  readonly idempotencyKey: string | undefined;
  readonly wait: WaitForRun;
}

export type RetryCall = Omit<SyncCall, 'body'> & { readonly body: RetryBody };
export type ReplayRejectsCall = Omit<SyncCall, 'body'> & { readonly body: ReplayRejectsBody };
export type ReplayCall = Omit<SyncCall, 'body'> & { readonly body: ReplayBody };

/** Running a connection: all of it through its workflow, which allows one run at a time. */
export class SyncService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly runs: { readonly store: RunStore; readonly service: RunService },
    private readonly temporal: { readonly engine: ConnectionEngine; readonly schedules: ScheduleKeeper },
  ) {}

  async request(caller: Principal, id: string, call: SyncCall): Promise<Answer<RunView>> {
    const connection = await this.connections.get(caller.workspaceId, id);
    const request = requestOf(connection, call.body);
    const updateId = updateIdOf({ principal: caller.keyId, route: `POST /v1/connections/${id}/syncs` }, call.idempotencyKey);
    const runId = await this.start(connection, request, updateId);
    caller.audit.note({ resource: id, after: { runId, ...request } });
    return accepted(await this.runs.service.get(caller, runId, call.wait), `/v1/runs/${runId}`);
  }

  /** Goes on where a run ended before its time, with the streams that it did not finish. */
  async retry(caller: Principal, runId: string, call: RetryCall): Promise<Answer<RunView>> {
    const run = await this.runs.store.get(caller.workspaceId, runId);
    const connection = await this.connections.get(caller.workspaceId, run.connection_id);
    const streams = await this.runs.store.streams(runId);
    const lastNumber = await this.runs.store.lastNumber(run.connection_id);
    const request = retryOf(run, { streams, lastNumber, onlyStaged: call.body.from === 'stage' });
    return this.startFrom(caller, connection, { request, route: `POST /v1/runs/${runId}/retry`, call });
  }

  /** Loads what a run had loaded into another destination, from its staged files. */
  async replay(caller: Principal, runId: string, call: ReplayCall): Promise<Answer<RunView>> {
    const run = await this.runs.store.get(caller.workspaceId, runId);
    const connection = await this.connections.get(caller.workspaceId, run.connection_id);
    const { destinationId } = call.body;
    if (!(await this.connections.destination(caller.workspaceId, destinationId)))
      throw new MillraceError('connection.invalid', {
        detail: `There is no destination ${destinationId}.`,
        path: 'destinationId',
      });
    const request = replayOf(run, { destinationId, own: connection.destination_id });
    return this.startFrom(caller, connection, { request, route: `POST /v1/runs/${runId}/replay`, call });
  }

  /** Loads rejected rows again, as the connection is configured now. */
  async replayRejects(caller: Principal, id: string, call: ReplayRejectsCall): Promise<Answer<RunView>> {
    const connection = await this.connections.get(caller.workspaceId, id);
    const { run } = call.body;
    if (run !== undefined) await this.runs.store.get(caller.workspaceId, run);
    const request = rejectsOf(connection, call.body);
    return this.startFrom(caller, connection, { request, route: `POST /v1/connections/${id}/rejects/replay`, call });
  }

  private async startFrom(
    caller: Principal,
    connection: StoredConnection,
    start: { readonly request: RunOrder; readonly route: string; readonly call: Omit<SyncCall, 'body'> },
  ): Promise<Answer<RunView>> {
    const updateId = updateIdOf({ principal: caller.keyId, route: start.route }, start.call.idempotencyKey);
    const runId = await this.start(connection, start.request, updateId);
    caller.audit.note({ resource: connection.id, after: { runId, ...start.request } });
    return accepted(await this.runs.service.get(caller, runId, start.call.wait), `/v1/runs/${runId}`);
  }

  private async start(connection: StoredConnection, order: RunOrder, updateId: string): Promise<string> {
    const target = await this.engineConnection(connection);
    const accepted = await this.temporal.engine.requestSync(target, { ...order, labels: target.labels }, updateId);
    const { runId, number, workflowId } = accepted;
    const { trigger, ...request } = order;
    await this.runs.store.recordQueued({
      id: runId,
      workspaceId: connection.workspace_id,
      connectionId: connection.id,
      number,
      trigger,
      workflowId,
      ...(Object.keys(request).length > 0 ? { request } : {}),
    });
    return runId;
  }

  /** The workflow first: it refuses runs from then on, whatever becomes of the Schedule. */
  async pause(caller: Principal, id: string, note: string): Promise<Answer<ConnectionView>> {
    return this.setPaused(caller, id, true, async (connection) => {
      await this.temporal.engine.pause(connection, note);
      await this.temporal.schedules.pause(id, note);
    });
  }

  async resume(caller: Principal, id: string): Promise<Answer<ConnectionView>> {
    return this.setPaused(caller, id, false, async (connection) => {
      await this.temporal.engine.resume(connection);
      await this.temporal.schedules.unpause(id);
    });
  }

  async cancel(caller: Principal, id: string, wait: WaitForRun): Promise<Answer<RunView>> {
    await this.connections.get(caller.workspaceId, id);
    const runId = await this.temporal.engine.cancel(id, `cancelled by ${caller.keyId}`);
    caller.audit.note({ resource: id, after: { runId } });
    return accepted(await this.runs.service.get(caller, runId, wait), `/v1/runs/${runId}`);
  }

  /** All it needs is read before: who holds a transaction must not wait for a second connection of the pool. */
  private async setPaused(
    { workspaceId, audit }: Principal,
    id: string,
    paused: boolean,
    tell: (connection: EngineConnection) => Promise<void>,
  ): Promise<Answer<ConnectionView>> {
    const connection = await this.engineConnection(await this.connections.get(workspaceId, id));
    const row = await this.connections.transaction(async (store) => {
      const stored = await store.lock(workspaceId, id);
      await tell(connection);
      const asItIs = stored.paused === paused && (paused || stored.tripped === null);
      const saved = asItIs ? stored : await store.setPaused(stored, paused);
      await store.record(audit, { resource: id, before: pauseOf(stored), after: pauseOf(saved) });
      return saved;
    });
    return tagged(connectionView(row, this.connections.window), row);
  }

  /** A connection as its workflow is started with. */
  async engineConnection(row: StoredConnection): Promise<EngineConnection> {
    const [labels, lastNumber] = await Promise.all([this.labels(row), this.runs.store.lastNumber(row.id)]);
    return { workspaceId: row.workspace_id, connectionId: row.id, labels, lastNumber };
  }

  private async labels(connection: StoredConnection): Promise<Labels> {
    const [source, destination] = await Promise.all([
      this.connections.source(connection.workspace_id, connection.source_id),
      this.connections.destination(connection.workspace_id, connection.destination_id),
    ]);
    return {
      connection: connection.name,
      source: source?.name ?? connection.source_id,
      destination: destination?.name ?? connection.destination_id,
    };
  }
}

function pauseOf({ paused, tripped }: StoredConnection): object {
  return { paused, tripped };
}
