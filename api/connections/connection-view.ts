import { runOptionsOf, storedStreams } from '../../schema/connection-config.js';
import type { RestoreWindow } from '../archive/archive.js';
import type { ConnectionView } from './connection-schemas.js';
import type { ListedConnection, StoredConnection } from './connection-store.js';

export function connectionView(row: ListedConnection, window: RestoreWindow): ConnectionView {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    sourceId: row.source_id,
    destinationId: row.destination_id,
    version: row.version,
    paused: row.paused,
    tripped: row.tripped,
    ...runOptionsOf(row.config),
    schedule: row.config.schedule,
    streams: storedStreams(row.config.streams),
    labels: { ...row.labels },
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    ...window.view(row),
  };
}

/** For the audit log: as it is stored, so that what is not valid any more can still be changed and deleted. */
export function connectionRecord({ config, ...row }: StoredConnection): Record<string, unknown> {
  return {
    id: row.id,
    name: row.name,
    sourceId: row.source_id,
    destinationId: row.destination_id,
    version: row.version,
    labels: row.labels,
    ...config,
  };
}
