import { canonicalJson } from '../../checkpoint/position.js';
import type { ConnectionConfig } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { KeyRing } from '../../platform/secrets/key-ring.js';
import { runOptionsOf } from '../../schema/connection-config.js';
import type { AuditEntry } from '../audit/audit-entry.js';
import type { Deletion } from '../archive/archive.js';
import type { Principal } from '../auth/principal.js';
import type { ConnectionEngine } from '../engine/connection-engine.js';
import type { ScheduleKeeper } from '../engine/schedules.js';
import { created, tagged, type Answer } from '../http/answer.js';
import { assertMatches } from '../http/etag.js';
import type { Page } from '../http/pagination.js';
import { toList } from '../lists/list-page.js';
import type { ConnectionIncludes } from './connection-includes.js';
import type {
  ConnectionChange,
  ConnectionDetails,
  ConnectionItem,
  ConnectionList,
  ConnectionView,
  CreateConnection,
} from './connection-schemas.js';
import type { ConnectionStore, ListedConnection, StoredConnection } from './connection-store.js';
import { validateConnection, validateRestore, type Candidate, type Ends } from './connection-validation.js';
import { connectionRecord, connectionView } from './connection-view.js';
import { scheduleStatus } from './schedule-status.js';
import { scheduledConnection } from './scheduled-connection.js';

/**
 * Connections and, with them, their Schedules in Temporal. Every change holds the connection's row, so that there is one
 * writer of a Schedule at a time, and the Schedule comes last: what it refuses was never saved.
 */
export class ConnectionService {
  constructor(
    private readonly store: ConnectionStore,
    private readonly engine: ConnectionEngine,
    private readonly schedules: ScheduleKeeper,
    private readonly parts: { readonly ring: KeyRing; readonly includes: ConnectionIncludes },
  ) {}

  async create({ workspaceId, audit }: Principal, body: CreateConnection): Promise<Answer<ConnectionView>> {
    const { name, labels, sourceId, destinationId, ...config } = body;
    const { schedule } = config;
    const candidate = { workspaceId, sourceId, destinationId, config };
    const row = await this.store.transaction(async (store) => {
      const ends = await validateConnection(store, candidate, this.parts.ring);
      const inserted = await store.insert({ ...candidate, name, labels });
      await store.record(audit, { resource: inserted.id, after: connectionRecord(inserted) });
      if (schedule.type !== 'manual') await this.applySchedule(store, inserted, ends);
      return inserted;
    });
    return created(this.view(row), row, `/v1/connections/${row.id}`);
  }

  async list({ workspaceId }: Principal, list: ConnectionList): Promise<Page<Partial<ConnectionItem>>> {
    const rows = await this.store.list(workspaceId, list);
    const { data, page } = toList(rows, list, (row) => this.view(row));
    if (list.include === undefined) return { data, page };
    const included = await this.parts.includes.of(workspaceId, rows.slice(0, list.limit), list.include);
    return { data: data.map((item, index) => ({ ...item, ...included[index] })), page };
  }

  async get({ workspaceId }: Principal, id: string): Promise<Answer<ConnectionDetails>> {
    const row = await this.store.get(workspaceId, id);
    const isTimed = row.config.schedule.type !== 'manual';
    const status = isTimed ? await scheduleStatus(this.schedules, id) : null;
    return tagged({ ...this.view(row), scheduleStatus: status }, row);
  }

  async change(
    { workspaceId, audit }: Principal,
    id: string,
    change: ConnectionChange,
    ifMatch?: string,
  ): Promise<Answer<ConnectionView>> {
    const row = await this.store.transaction(async (store) => {
      const stored = await store.lock(workspaceId, id);
      assertMatches(ifMatch, stored);
      assertSameEnds(stored, change);
      return this.saveChange(store, stored, { change, audit });
    });
    return tagged(this.view(row), row);
  }

  /** Also ends its workflow, and with it a run that is active; the rows in the destination stay. */
  async remove({ workspaceId, audit }: Principal, id: string, { forever, ifMatch }: Deletion): Promise<void> {
    await this.store.transaction(async (store) => {
      const stored = forever ? await store.lockArchived(workspaceId, id) : await store.lock(workspaceId, id);
      assertMatches(ifMatch, stored);
      await store.record(audit, { resource: id, before: connectionRecord(stored) });
      await this.schedules.remove(id);
      await this.engine.remove(id);
      await (forever ? store.remove(stored) : store.archive(stored));
    });
  }

  /** It goes on where it was: what it loaded and where it stood is in the destination's ledger. */
  async restore({ workspaceId, audit }: Principal, id: string): Promise<Answer<ConnectionView>> {
    const row = await this.store.transaction(async (store) => {
      const archived = await store.lockArchived(workspaceId, id);
      if (!archived.deleted_at) return archived;
      store.window.assertRestorable(archived);
      const ends = await validateRestore(store, archived, this.parts.ring);
      await this.engine.remove(id); // a late tick may have started one that knows nothing
      const restored = await store.restore(archived);
      await store.record(audit, { resource: id, after: connectionRecord(restored) });
      if (restored.config.schedule.type !== 'manual') await this.applySchedule(store, restored, ends);
      return restored;
    });
    return tagged(this.view(row), row);
  }

  private view(row: ListedConnection): ConnectionView {
    return connectionView(row, this.store.window);
  }

  private async saveChange(
    store: ConnectionStore,
    stored: StoredConnection,
    { change, audit }: { readonly change: ConnectionChange; readonly audit: AuditEntry },
  ): Promise<StoredConnection> {
    const held = { ...stored.config, ...runOptionsOf(stored.config) };
    const config: ConnectionConfig = {
      schedule: change.schedule ?? held.schedule,
      streams: change.streams ?? held.streams,
      limits: change.limits ?? held.limits,
      pauseAfterFailures: change.pauseAfterFailures ?? held.pauseAfterFailures,
      keepStaged: change.keepStaged ?? held.keepStaged,
      targetNames: change.targetNames ?? held.targetNames,
    };
    const candidate: Candidate = {
      workspaceId: stored.workspace_id,
      connectionId: stored.id,
      sourceId: stored.source_id,
      destinationId: stored.destination_id,
      config,
    };
    const ends = await validateConnection(store, candidate, this.parts.ring);
    const newVersion = canonicalJson(config) !== canonicalJson(stored.config);
    const { name = stored.name, labels = stored.labels } = change;
    const saved = await store.update(stored, { name, labels, config, newVersion });
    await store.record(audit, { resource: stored.id, before: connectionRecord(stored), after: connectionRecord(saved) });
    if (config.schedule.type !== 'manual' || stored.config.schedule.type !== 'manual')
      await this.applySchedule(store, saved, ends);
    return saved;
  }

  private async applySchedule(store: ConnectionStore, row: StoredConnection, { source, destination }: Ends): Promise<void> {
    const named = { ...row, source_name: source.name, destination_name: destination.name };
    await store.setScheduleDigest(row.id, await this.schedules.apply(scheduledConnection(named)));
  }
}

function assertSameEnds(stored: StoredConnection, change: ConnectionChange): void {
  const moved = (change.sourceId ?? stored.source_id) !== stored.source_id ? 'sourceId' : 'destinationId';
  if (moved === 'destinationId' && (change.destinationId ?? stored.destination_id) === stored.destination_id) return;
  throw new MillraceError('request.conflict', {
    detail: 'Source and destination of a connection cannot be changed: its positions belong to them.',
    path: moved,
    suggestion: 'Create a new connection.',
  });
}
