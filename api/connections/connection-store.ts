import type { Knex } from 'knex';
import { prepared, rowsOf } from '../../platform/db/direct.js';
import { newId } from '../../platform/db/ids.js';
import type { ConnectionConfig, ConnectionRow, ConnectorRow, Labels, ScheduleDigest, RunRow } from '../../platform/db/rows.js';
import { endOpenRuns } from '../../platform/db/run-projection.js';
import { stateChanges } from '../../platform/db/state-changes.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { StateChange } from '../../workflows/messages.js';
import type { RestoreWindow } from '../archive/archive.js';
import { removeConnections } from '../archive/purge.js';
import type { AuditChange, AuditEntry } from '../audit/audit-entry.js';
import { whereLabels } from '../lists/labels.js';
import { type Listed, byText, byTime, listPage, whereNameHolds } from '../lists/list-sql.js';
import type { ConnectionList } from './connection-schemas.js';

/** A connection with its newest configuration. */
export interface StoredConnection extends ConnectionRow {
  readonly config: ConnectionConfig;
}

/** What lists show of a connection: not what is only remembered of its Schedule. */
export type ListedConnection = Omit<StoredConnection, 'schedule_digest'>;

const LISTED_COLUMNS = `connections.id, connections.workspace_id, connections.name, connections.labels, connections.source_id,
  connections.destination_id, connections.version, connections.paused, connections.tripped, connections.revision,
  connections.created_at, connections.updated_at, connections.deleted_at`;

export interface NewConnection {
  readonly workspaceId: string;
  readonly name: string;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly config: ConnectionConfig;
  readonly labels: Labels;
}

export interface ConnectionUpdate {
  readonly name: string;
  readonly labels: Labels;
  readonly config: ConnectionConfig;
  /** False when only name or labels change: runs need no new version for that. */
  readonly newVersion: boolean;
}

/** With the names of its ends, which people see in Temporal. */
export interface NamedConnection extends StoredConnection {
  readonly source_name: string;
  readonly destination_name: string;
}

export interface ScheduledQuery {
  readonly workspaceId?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

const LISTED = {
  name: 'connections',
  sorts: { name: byText('connections.name'), updatedAt: byTime('connections.updated_at') },
};

const CONNECTION = {
  name: 'connection',
  text: `select connections.*, connection_versions.config
    from connections join connection_versions on connection_id = connections.id and connection_versions.version = connections.version
    where workspace_id = $1 and id = $2 and deleted_at is null`,
};

/** The rows of connections and their versions; every query stays within one workspace. Bound to a pool or a transaction. */
export class ConnectionStore {
  constructor(
    private readonly db: Knex,
    readonly window: RestoreWindow,
  ) {}

  async transaction<T>(run: (store: ConnectionStore) => Promise<T>): Promise<T> {
    return this.db.transaction((tx) => run(new ConnectionStore(tx, this.window)));
  }

  /** Writes who made a change together with it: call it in its transaction. */
  async record(entry: AuditEntry, change: AuditChange): Promise<void> {
    await entry.write(this.db, change);
  }

  /** @throws MillraceError `request.not_found` */
  async get(workspaceId: string, id: string): Promise<StoredConnection> {
    const [row] = await prepared<StoredConnection>(this.db, CONNECTION, [workspaceId, id]);
    if (row) return row;
    throw new MillraceError('request.not_found', { detail: `There is no connection ${id}.` });
  }

  /** As `get`, and nobody else changes it until the transaction ends. */
  async lock(workspaceId: string, id: string): Promise<StoredConnection> {
    await this.db('connections').where({ workspace_id: workspaceId, id }).forUpdate();
    return this.get(workspaceId, id);
  }

  /** One that may be deleted, held until the transaction ends. @throws MillraceError `request.not_found` */
  async lockArchived(workspaceId: string, id: string): Promise<StoredConnection> {
    await this.holdId(id);
    await this.db('connections').where({ workspace_id: workspaceId, id }).forUpdate();
    const row = await this.versioned().where({ workspace_id: workspaceId, id }).first<StoredConnection | undefined>();
    if (row) return row;
    throw new MillraceError('request.not_found', { detail: `There is no connection ${id}.` });
  }

  async list(workspaceId: string, list: ConnectionList): Promise<readonly Listed<ListedConnection>[]> {
    const { sourceId, destinationId, paused, label, search, deleted } = list;
    const query = this.versioned(LISTED_COLUMNS).where({
      workspace_id: workspaceId,
      ...(sourceId === undefined ? {} : { source_id: sourceId }),
      ...(destinationId === undefined ? {} : { destination_id: destinationId }),
      ...(paused === undefined ? {} : { paused }),
    });
    this.window.where(query, 'connections', deleted);
    whereLabels(query, 'connections.labels', label);
    whereNameHolds(query, 'connections.name', search);
    listPage(query, list, LISTED);
    return rowsOf(query);
  }

  /** All of a workspace in the order of their ids, some at a time. */
  async following(workspaceId: string, after: string, limit: number): Promise<readonly StoredConnection[]> {
    return this.newest().where({ workspace_id: workspaceId }).where('id', '>', after).orderBy('id').limit(limit);
  }

  async insert(connection: NewConnection): Promise<StoredConnection> {
    const id = newId('connection');
    await this.holdId(id);
    await this.db<ConnectionRow>('connections').insert({
      id,
      workspace_id: connection.workspaceId,
      name: connection.name,
      source_id: connection.sourceId,
      destination_id: connection.destinationId,
      version: 1,
      labels: connection.labels,
    });
    await this.insertVersion(id, 1, connection.config);
    return this.get(connection.workspaceId, id);
  }

  async update(row: ConnectionRow, update: ConnectionUpdate): Promise<StoredConnection> {
    const version = update.newVersion ? row.version + 1 : row.version;
    if (update.newVersion) await this.insertVersion(row.id, version, update.config);
    return this.touch(row, { name: update.name, labels: update.labels, version });
  }

  async setPaused(row: ConnectionRow, paused: boolean): Promise<StoredConnection> {
    return this.touch(row, { paused, ...(paused ? {} : { tripped: null }) });
  }

  /** Its runs stay in the list. Those that were still open end here: their workers find no connection to report for. */
  async archive({ id, revision }: ConnectionRow): Promise<void> {
    const change = { deleted_at: new Date(), schedule_digest: null, revision: revision + 1 };
    await this.db<ConnectionRow>('connections').where({ id }).update(change);
    await endOpenRuns(this.db, id, { status: 'cancelled' });
  }

  /** Not to be restored; its runs stay with its name. */
  async remove({ id }: ConnectionRow): Promise<void> {
    await removeConnections(this.db, (query) => void query.where({ id }));
    await endOpenRuns(this.db, id, { status: 'cancelled' });
  }

  async restore(row: ConnectionRow): Promise<StoredConnection> {
    return this.touch(row, { deleted_at: null });
  }

  /** When the connection last began to run; undefined when it never did. */
  async lastRunAt(id: string): Promise<Date | undefined> {
    const [last] = await this.db<RunRow>('runs').where({ connection_id: id }).orderBy('number', 'desc').limit(1);
    return last?.created_at;
  }

  async stateChanges(id: string, limit: number): Promise<readonly StateChange[]> {
    return stateChanges(this.db, id, limit);
  }

  /** Connections that a Schedule should start, of every workspace when none is named, in the order of their ids. */
  async scheduled({ workspaceId, after, limit }: ScheduledQuery): Promise<readonly NamedConnection[]> {
    const query = this.named()
      .whereRaw("connection_versions.config -> 'schedule' ->> 'type' <> 'manual'")
      .orderBy('connections.id')
      .limit(limit);
    if (workspaceId !== undefined) void query.where('connections.workspace_id', workspaceId);
    return after === undefined ? query : query.where('connections.id', '>', after);
  }

  async withNames(ids: readonly string[]): Promise<readonly NamedConnection[]> {
    return this.named().whereIn('connections.id', ids);
  }

  /**
   * As `lock`, and also waits for whoever is about to create the connection, whose row nobody sees yet.
   * @returns undefined when there is no such connection
   */
  async lockForSchedule(id: string): Promise<NamedConnection | undefined> {
    await this.holdId(id);
    await this.db('connections').where({ id }).forUpdate();
    return (await this.withNames([id]))[0];
  }

  /** Not a change that people see: the revision stays. */
  async setScheduleDigest(id: string, digest: ScheduleDigest | null): Promise<void> {
    await this.db('connections')
      .where({ id })
      .update({ schedule_digest: digest && JSON.stringify(digest) });
  }

  /** Holds the destination, so that no two connections take the same target at the same time. */
  async lockDestination(workspaceId: string, id: string): Promise<ConnectorRow | undefined> {
    return this.db<ConnectorRow>('destinations').where({ workspace_id: workspaceId, id, deleted_at: null }).forUpdate().first();
  }

  /** Held, so that nobody deletes it before the transaction ends. */
  async holdSource(workspaceId: string, id: string): Promise<ConnectorRow | undefined> {
    return this.db<ConnectorRow>('sources').where({ workspace_id: workspaceId, id, deleted_at: null }).forKeyShare().first();
  }

  async source(workspaceId: string, id: string): Promise<ConnectorRow | undefined> {
    return this.db<ConnectorRow>('sources').where({ workspace_id: workspaceId, id, deleted_at: null }).first();
  }

  async destination(workspaceId: string, id: string): Promise<ConnectorRow | undefined> {
    return this.db<ConnectorRow>('destinations').where({ workspace_id: workspaceId, id, deleted_at: null }).first();
  }

  /** Also those that are deleted and still kept. */
  async ofDestination(destinationId: string): Promise<readonly StoredConnection[]> {
    return this.versioned().where({ destination_id: destinationId });
  }

  private newest(): Knex.QueryBuilder {
    return this.versioned().whereNull('connections.deleted_at');
  }

  private versioned(columns = 'connections.*'): Knex.QueryBuilder {
    return this.db('connections')
      .join('connection_versions', (join) => {
        join
          .on('connection_versions.connection_id', 'connections.id')
          .andOn('connection_versions.version', 'connections.version');
      })
      .select(this.db.raw(`${columns}, connection_versions.config`));
  }

  private named(): Knex.QueryBuilder {
    return this.newest()
      .join('sources', 'sources.id', 'connections.source_id')
      .join('destinations', 'destinations.id', 'connections.destination_id')
      .select('sources.name as source_name', 'destinations.name as destination_name');
  }

  private async holdId(id: string): Promise<void> {
    await this.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [id]);
  }

  private async insertVersion(id: string, version: number, config: ConnectionConfig): Promise<void> {
    await this.db('connection_versions').insert({ connection_id: id, version, config: JSON.stringify(config) });
  }

  private async touch(row: ConnectionRow, change: Partial<ConnectionRow>): Promise<StoredConnection> {
    await this.db<ConnectionRow>('connections')
      .where({ id: row.id })
      .update({ ...change, revision: row.revision + 1, updated_at: new Date() });
    return this.get(row.workspace_id, row.id);
  }
}
