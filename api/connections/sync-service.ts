import { samePosition } from '../../checkpoint/position.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { ConnectionView as EngineView, FeedState, Labels } from '../../workflows/messages.js';
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
import type { SetStateBody } from './state-schemas.js';
import type { RequestSyncBody } from './sync-schemas.js';

export interface SyncCall {
  readonly body: RequestSyncBody;
  readonly idempotencyKey: string | undefined;
  readonly wait: WaitForRun;
}

/** Running a connection and moving its positions: all of it through its workflow, the only writer of cursors. */
export class SyncService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly runs: { readonly store: RunStore; readonly service: RunService },
    private readonly temporal: { readonly engine: ConnectionEngine; readonly schedules: ScheduleKeeper },
  ) {}

  async request(caller: Principal, id: string, call: SyncCall): Promise<Answer<RunView>> {
    const connection = await this.connections.get(caller.workspaceId, id);
    assertStreams(connection, call.body.streams);
    const updateId = updateIdOf({ principal: caller.keyId, route: `POST /v1/connections/${id}/syncs` }, call.idempotencyKey);
    const target = await this.engineConnection(connection);
    const { trigger, streams } = call.body;
    const request = { trigger, labels: target.labels, ...(streams === undefined ? {} : { streams }) };
    const run = await this.temporal.engine.requestSync(target, request, updateId);
    const { runId, number, workflowId } = run;
    await this.runs.store.recordQueued({
      id: runId,
      workspaceId: caller.workspaceId,
      connectionId: id,
      number,
      trigger,
      workflowId,
    });
    return accepted(await this.runs.service.get(caller, runId, call.wait), `/v1/runs/${runId}`);
  }

  /** The workflow first: it refuses runs from then on, whatever becomes of the Schedule. */
  async pause({ workspaceId }: Principal, id: string, note: string): Promise<Answer<ConnectionView>> {
    return this.setPaused(workspaceId, id, true, async (connection) => {
      await this.temporal.engine.pause(connection, note);
      await this.temporal.schedules.pause(id, note);
    });
  }

  async resume({ workspaceId }: Principal, id: string): Promise<Answer<ConnectionView>> {
    return this.setPaused(workspaceId, id, false, async (connection) => {
      await this.temporal.engine.resume(connection);
      await this.temporal.schedules.unpause(id);
    });
  }

  async cancel(caller: Principal, id: string, wait: WaitForRun): Promise<Answer<RunView>> {
    await this.connections.get(caller.workspaceId, id);
    const runId = await this.temporal.engine.cancel(id, `cancelled by ${caller.keyId}`);
    return accepted(await this.runs.service.get(caller, runId, wait), `/v1/runs/${runId}`);
  }

  async state({ workspaceId }: Principal, id: string): Promise<EngineView> {
    await this.connections.get(workspaceId, id);
    return this.temporal.engine.view(id);
  }

  /** Only positions that differ are set: each is a new lineage. */
  async setState(caller: Principal, id: string, body: SetStateBody): Promise<EngineView> {
    const connection = await this.connections.get(caller.workspaceId, id);
    const { feeds } = await this.temporal.engine.view(id);
    const changed = Object.entries(body.feeds).filter(([feed, { position }]) => !isAt(feeds[feed], position));
    assertFeeds(
      connection,
      changed.map(([feed]) => feed),
    );
    const target = await this.engineConnection(connection);
    for (const [feed, { position }] of changed) {
      await this.temporal.engine.setState(target, feed, position);
    }
    return this.temporal.engine.view(id);
  }

  async resetStream({ workspaceId }: Principal, id: string, stream: string): Promise<FeedState> {
    const connection = await this.connections.get(workspaceId, id);
    if (!hasStream(connection, stream))
      throw new MillraceError('request.not_found', { detail: `Connection ${id} has no stream ${stream}.` });
    return this.temporal.engine.resetStream(await this.engineConnection(connection), stream);
  }

  /** All it needs is read before: who holds a transaction must not wait for a second connection of the pool. */
  private async setPaused(
    workspaceId: string,
    id: string,
    paused: boolean,
    tell: (connection: EngineConnection) => Promise<void>,
  ): Promise<Answer<ConnectionView>> {
    const connection = await this.engineConnection(await this.connections.get(workspaceId, id));
    const row = await this.connections.transaction(async (store) => {
      const stored = await store.lock(workspaceId, id);
      await tell(connection);
      return stored.paused === paused ? stored : store.setPaused(stored, paused);
    });
    return tagged(connectionView(row), row);
  }

  private async engineConnection(row: StoredConnection): Promise<EngineConnection> {
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

function isAt(feed: FeedState | undefined, position: FeedState['position']): boolean {
  return feed !== undefined && samePosition(feed.position, position);
}

function hasStream(connection: StoredConnection, stream: string): boolean {
  return connection.config.streams.some(({ name }) => name === stream);
}

function assertStreams(connection: StoredConnection, streams: readonly string[] | undefined): void {
  refuseUnknown(connection, streams ?? [], (index) => `streams[${index}]`);
}

function assertFeeds(connection: StoredConnection, feeds: readonly string[]): void {
  refuseUnknown(connection, feeds, (index) => `feeds.${feeds[index]}`);
}

function refuseUnknown(connection: StoredConnection, names: readonly string[], pathOf: (index: number) => string): void {
  const fields = names.flatMap((name, index) =>
    hasStream(connection, name)
      ? []
      : [{ path: pathOf(index), code: 'not_found', message: `The connection has no stream ${name}.` }],
  );
  if (fields.length > 0)
    throw new MillraceError('connection.invalid', { detail: fields.map(({ message }) => message).join(' '), fields });
}
