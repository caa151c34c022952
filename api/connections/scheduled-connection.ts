import type { ScheduledConnection } from '../engine/schedule-options.js';
import type { NamedConnection } from './connection-store.js';

/** A connection as its Schedule needs to know it. */
export function scheduledConnection(row: NamedConnection): ScheduledConnection {
  return {
    workspaceId: row.workspace_id,
    connectionId: row.id,
    labels: { connection: row.name, source: row.source_name, destination: row.destination_name },
    schedule: row.config.schedule,
    paused: shouldPause(row),
  };
}

/** A schedule rests while its connection is paused, and when it has paused itself. */
export function shouldPause({ paused, tripped }: Pick<NamedConnection, 'paused' | 'tripped'>): boolean {
  return paused || tripped !== null;
}
