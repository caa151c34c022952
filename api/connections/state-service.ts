import { samePosition } from '../../checkpoint/position.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { ConnectionView as EngineView, FeedState, StateChange } from '../../workflows/messages.js';
import type { Principal } from '../auth/principal.js';
import type { ConnectionEngine } from '../engine/connection-engine.js';
import { wholePage, type Page } from '../http/pagination.js';
import type { RunStore } from '../runs/run-store.js';
import type { ConnectionStore, StoredConnection } from './connection-store.js';
import type { SetStateBody } from './state-schemas.js';
import { hasStream, refuseUnknownStreams } from './stream-names.js';
import type { SyncService } from './sync-service.js';

const LISTED = 100;

/** What a connection that never ran looks like. */
const UNTOUCHED: EngineView = {
  paused: false,
  pauseNote: null,
  tripped: null,
  epoch: 0,
  revision: 0,
  active: null,
  queued: [],
  lastRun: null,
  feeds: {},
};

/** How far streams were read, and moving them by hand: all of it through the connection's workflow, the only writer of cursors. */
export class StateService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly syncs: SyncService,
    private readonly runs: Pick<RunStore, 'hasEnded'>,
    private readonly engine: ConnectionEngine,
  ) {}

  async get({ workspaceId }: Principal, id: string): Promise<EngineView> {
    return this.settled(await this.connections.get(workspaceId, id));
  }

  /** Whoever sees that a run has ended sees what it moved, and may move it: its result comes to the workflow a moment later. */
  private async settled(connection: StoredConnection): Promise<EngineView> {
    const view = await this.engine.view(connection.id);
    if (!view) return this.remembered(connection);
    const runId = view.active?.runId;
    if (runId === undefined || !(await this.runs.hasEnded(runId))) return view;
    return this.engine.wake(await this.syncs.engineConnection(connection), runId);
  }

  /** A workflow that was lost finds out where its streams stand; one that never was knows that they stand nowhere. */
  async remembered(connection: StoredConnection): Promise<EngineView> {
    const known = await this.syncs.engineConnection(connection);
    return known.lastNumber > 0 ? this.engine.wake(known) : UNTOUCHED;
  }

  /** Only positions that differ are set: each is a new lineage. */
  async set(caller: Principal, id: string, body: SetStateBody): Promise<EngineView> {
    const connection = await this.connections.get(caller.workspaceId, id);
    const { feeds } = await this.get(caller, id);
    const changed = Object.entries(body.feeds).filter(([feed, { position }]) => !isAt(feeds[feed], position));
    const names = changed.map(([feed]) => feed);
    refuseUnknownStreams(connection, names, (index) => `feeds.${names[index]}`);
    if (changed.length > 0) {
      const places = Object.fromEntries(changed.map(([feed, { position }]) => [feed, { position }]));
      const { revision } = body;
      const moved = await this.engine.setState(await this.syncs.engineConnection(connection), {
        kind: 'set',
        by: caller.keyId,
        feeds: places,
        ...(revision === undefined ? {} : { revision }),
      });
      noteMove(caller, id, moved);
    }
    return this.get(caller, id);
  }

  async reset(caller: Principal, id: string, stream: string): Promise<FeedState> {
    const connection = await this.withStream(caller, id, stream);
    await this.settled(connection);
    const request = { feed: stream, by: caller.keyId };
    const moved = await this.engine.resetStream(await this.syncs.engineConnection(connection), request);
    noteMove(caller, id, moved);
    return afterOf(moved, stream);
  }

  async refresh(caller: Principal, id: string, stream: string): Promise<FeedState> {
    const connection = await this.withStream(caller, id, stream);
    await this.settled(connection);
    const request = { feed: stream, by: caller.keyId };
    const moved = await this.engine.refreshStream(await this.syncs.engineConnection(connection), request);
    noteMove(caller, id, moved);
    return afterOf(moved, stream);
  }

  async changes({ workspaceId }: Principal, id: string): Promise<Page<StateChange>> {
    await this.connections.get(workspaceId, id);
    return wholePage(await this.connections.stateChanges(id, LISTED));
  }

  /**
   * Sets the streams of the newest change back to where they stood. Positions only: rows that were loaded since stay.
   * @throws MillraceError `state.nothing_to_undo`
   */
  async undo(caller: Principal, id: string): Promise<EngineView> {
    const connection = await this.connections.get(caller.workspaceId, id);
    const [last] = await this.connections.stateChanges(id, 1);
    if (!last) throw new MillraceError('state.nothing_to_undo', { detail: 'Nobody has changed a position of this connection.' });
    const feeds = Object.entries(last.feeds).map(([feed, { before }]) => {
      const { position, refreshing } = before ?? { position: { kind: 'start' as const } };
      return [feed, { position, ...(refreshing ? { refreshing } : {}) }];
    });
    await this.settled(connection);
    const moved = await this.engine.setState(await this.syncs.engineConnection(connection), {
      kind: 'undo',
      by: caller.keyId,
      revision: last.revision,
      feeds: Object.fromEntries(feeds),
    });
    noteMove(caller, id, moved);
    return this.get(caller, id);
  }

  private async withStream({ workspaceId }: Principal, id: string, stream: string): Promise<StoredConnection> {
    const connection = await this.connections.get(workspaceId, id);
    if (hasStream(connection, stream)) return connection;
    throw new MillraceError('request.not_found', { detail: `Connection ${id} has no stream ${stream}.` });
  }
}

function isAt(feed: FeedState | undefined, position: FeedState['position']): boolean {
  return feed !== undefined && samePosition(feed.position, position);
}

/** The workflow owns positions: the log is written right after it has moved them. */
function noteMove({ audit }: Principal, id: string, { revision, feeds }: StateChange): void {
  const sides = (side: 'before' | 'after'): object =>
    Object.fromEntries(Object.entries(feeds).map(([feed, move]) => [feed, move[side]]));
  audit.note({ resource: id, before: { feeds: sides('before') }, after: { revision, feeds: sides('after') } });
}

function afterOf(change: StateChange, stream: string): FeedState {
  const after = change.feeds[stream]?.after;
  if (after) return after;
  throw new MillraceError('engine.internal', { detail: `The change has no stream ${stream}.` });
}
