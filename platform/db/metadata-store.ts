import type { Knex } from 'knex';
import { type RunOptions, runOptionsSchema, streamsConfigSchema } from '../../schema/connection-config.js';
import type { StateChange } from '../../workflows/messages.js';
import { MillraceError } from '../errors/error.js';
import { decryptConfig } from '../secrets/config.js';
import { openMetadata } from './open.js';
import { stateChanges } from './state-changes.js';
import type { ConnectionRow, ConnectionVersionRow, ConnectorRow } from './rows.js';
import { lastNumber, recordRun, recordStreams } from './run-projection.js';
import type { ConnectionPlan, ConnectorInstance, MetadataStore, RunRecord, StreamRecord } from './store.js';

/** What activities get: opens and migrates the metadata database. `secretKey` decrypts the connectors' secrets. */
export async function createMetadataStore(databaseUrl: string, secretKey: Buffer): Promise<MetadataStore> {
  return new PostgresMetadataStore(await openMetadata(databaseUrl), secretKey);
}

export class PostgresMetadataStore implements MetadataStore {
  constructor(
    private readonly db: Knex,
    private readonly secretKey: Buffer,
  ) {}

  async loadConnection(connectionId: string, version?: number): Promise<ConnectionPlan> {
    const connection = await this.db<ConnectionRow>('connections').where({ id: connectionId }).first();
    if (!connection) throw notFound(`There is no connection ${connectionId}.`);
    const { config, version: found } = await this.loadVersion(connection, version ?? connection.version);
    const [source, destination] = await Promise.all([
      this.loadConnector('source', connection.source_id),
      this.loadConnector('destination', connection.destination_id),
    ]);
    return {
      id: connection.id,
      workspaceId: connection.workspace_id,
      name: connection.name,
      version: found,
      paused: connection.paused,
      tripped: connection.tripped,
      ...runOptionsOf(config),
      schedule: config.schedule,
      streams: streamsConfigSchema.parse(config.streams),
      source,
      destination,
    };
  }

  async loadConnector(kind: 'source' | 'destination', id: string): Promise<ConnectorInstance> {
    const row = await this.db<ConnectorRow>(kind === 'source' ? 'sources' : 'destinations')
      .where({ id })
      .first();
    if (!row) throw notFound(`There is no ${kind} ${id}.`);
    return { id: row.id, name: row.name, connector: row.connector, config: decryptConfig(row.config, this.secretKey) };
  }

  async recordRun(run: RunRecord): Promise<void> {
    await recordRun(this.db, run);
  }

  async recordStreams(runId: string, streams: readonly StreamRecord[]): Promise<void> {
    await recordStreams(this.db, runId, streams);
  }

  async recordStateChange(connectionId: string, change: StateChange): Promise<void> {
    await this.db('state_changes')
      .insert({
        connection_id: connectionId,
        revision: change.revision,
        kind: change.kind,
        by: change.by,
        feeds: JSON.stringify(change.feeds),
      })
      .onConflict(['connection_id', 'revision'])
      .ignore();
  }

  async stateChanges(connectionId: string, limit: number): Promise<readonly StateChange[]> {
    return stateChanges(this.db, connectionId, limit);
  }

  async setTripped(connectionId: string, reason: string | null): Promise<void> {
    await this.db<ConnectionRow>('connections').where({ id: connectionId }).update({ tripped: reason });
  }

  async wasDeleted(connectionId: string): Promise<boolean> {
    const connection = await this.db<ConnectionRow>('connections').where({ id: connectionId }).first();
    return !connection && (await this.lastNumber(connectionId)) > 0;
  }

  async lastNumber(connectionId: string): Promise<number> {
    return lastNumber(this.db, connectionId);
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }

  private async loadVersion(connection: ConnectionRow, version: number): Promise<ConnectionVersionRow> {
    const row = await this.db<ConnectionVersionRow>('connection_versions')
      .where({ connection_id: connection.id, version })
      .first();
    if (!row) throw notFound(`Connection ${connection.id} has no version ${version}.`);
    return row;
  }
}

/** Older versions of a connection were saved without some of them. */
export function runOptionsOf({ limits, pauseAfterFailures, keepStaged }: Partial<RunOptions>): RunOptions {
  return runOptionsSchema.parse({ limits, pauseAfterFailures, keepStaged });
}

function notFound(detail: string): MillraceError {
  return new MillraceError('request.not_found', { detail });
}
