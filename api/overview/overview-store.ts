import type { Knex } from 'knex';
import type { RunRow } from '../../platform/db/rows.js';
import type { RunError } from '../../platform/db/store.js';
import type { RunStatus } from '../../workflows/messages.js';
import { CONNECTION_NAME } from '../runs/connection-name.js';
import { MOST_LISTED } from './overview-schemas.js';

/** A connection with its newest run and the newest that has ended. */
export interface ConnectionVitals {
  readonly id: string;
  readonly workspace_id: string;
  readonly name: string;
  readonly paused: boolean;
  readonly tripped: string | null;
  readonly scheduled: boolean;
  readonly newest_created_at: Date | null;
  readonly newest_ended_at: Date | null;
  readonly ended_id: string | null;
  readonly ended_status: RunStatus | null;
  readonly ended_error: RunError | null;
}

export interface OpenRuns {
  readonly running: number;
  readonly queued: number;
  readonly newest: readonly RunRow[];
}

export class OverviewStore {
  constructor(private readonly db: Knex) {}

  /** Of one workspace, or of all. */
  async connections(workspaceId: string | undefined): Promise<readonly ConnectionVitals[]> {
    const { rows } = await this.db.raw<{ rows: ConnectionVitals[] }>(
      `select connections.id, connections.workspace_id, connections.name, connections.paused, connections.tripped,
         config -> 'schedule' ->> 'type' <> 'manual' as scheduled,
         newest.created_at as newest_created_at, newest.ended_at as newest_ended_at,
         ended.id as ended_id, ended.status as ended_status, coalesce(ended.error, failed.error) as ended_error
       from connections
       join connection_versions on connection_id = connections.id and connection_versions.version = connections.version
       left join lateral (
         select created_at, ended_at from runs where runs.connection_id = connections.id order by number desc limit 1
       ) as newest on true
       left join lateral (
         select id, status, error from runs
         where runs.connection_id = connections.id and status not in ('queued', 'running')
         order by number desc limit 1
       ) as ended on true
       left join lateral (
         select error from run_streams where run_id = ended.id and error is not null order by name limit 1
       ) as failed on ended.status in ('partial', 'failed')
       where connections.deleted_at is null
         and (cast(:workspace as text) is null or connections.workspace_id = :workspace)
       order by connections.id`,
      { workspace: workspaceId ?? null },
    );
    return rows;
  }

  async openRuns(workspaceId: string): Promise<OpenRuns> {
    const open = this.db<RunRow>('runs').where({ workspace_id: workspaceId }).whereIn('status', ['queued', 'running']);
    const counts: readonly { status: RunStatus; count: string }[] = await open
      .clone()
      .select('status')
      .count('* as count')
      .groupBy('status');
    const count = (status: RunStatus): number => Number(counts.find((row) => row.status === status)?.count ?? 0);
    const newest: readonly RunRow[] = await open
      .clone()
      .select('runs.*', this.db.raw(CONNECTION_NAME))
      .orderBy('id', 'desc')
      .limit(MOST_LISTED);
    return { running: count('running'), queued: count('queued'), newest };
  }
}
