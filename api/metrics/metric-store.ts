import type { Knex } from 'knex';

/** Of one stream of a connection that exists, over all its runs. Counts are text, with every digit. */
export interface StreamTotals {
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly stream: string;
  readonly extracted: string;
  readonly repeated: string;
  readonly filtered: string;
  readonly loaded: string;
  readonly rejected: string;
  readonly superseded: string;
  readonly bytes: string;
  readonly slices: string;
  /** Since its last checkpoint; null before the first, and when the connection does not have it any more. */
  readonly age_seconds: number | null;
}

export interface RunTotals {
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly status: string;
  readonly runs: string;
}

export interface DurationTotals {
  readonly workspace_id: string;
  readonly connection_id: string;
  readonly runs: string;
  readonly seconds: number;
  /** Runs that took at most so long, in the order of DURATION_BOUNDS. */
  readonly at_most: readonly string[];
}

export interface ConnectionNames {
  readonly workspace_id: string;
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly destination: string;
}

/** Seconds. */
export const DURATION_BOUNDS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200] as const;

/** Counts from the projection of runs: every API process gives the same, and a restart loses nothing. */
export class MetricStore {
  constructor(private readonly db: Knex) {}

  /** Of one workspace, or of all. */
  async streams(workspaceId: string | undefined): Promise<readonly StreamTotals[]> {
    return this.rows<StreamTotals>(
      `with configured as (
         select connections.id, configured ->> 'name' as name
         from connections
         join connection_versions on connection_id = connections.id and connection_versions.version = connections.version
         cross join lateral jsonb_array_elements(config -> 'streams') as configured
       ), totals as (
         select connections.workspace_id, runs.connection_id, run_streams.name as stream,
           sum(rows_extracted) as extracted, sum(rows_repeated) as repeated, sum(rows_filtered) as filtered,
           sum(rows_loaded) as loaded, sum(rows_rejected) as rejected, sum(rows_superseded) as superseded,
           sum(bytes) as bytes, sum(slices) as slices, max(checkpointed_at) as checkpointed_at
         from run_streams
         join runs on runs.id = run_streams.run_id
         join connections on connections.id = runs.connection_id
         where ${ofWorkspace('connections')}
         group by 1, 2, 3
       )
       select totals.*, case when configured.id is not null
         then greatest(extract(epoch from clock_timestamp() - checkpointed_at), 0)::float8 end as age_seconds
       from totals
       left join configured on configured.id = totals.connection_id and configured.name = totals.stream
       order by connection_id, stream`,
      workspaceId,
    );
  }

  async runs(workspaceId: string | undefined): Promise<readonly RunTotals[]> {
    return this.rows<RunTotals>(
      `select connections.workspace_id, connection_id, status, count(*) as runs
       from runs join connections on connections.id = runs.connection_id
       where ${ofWorkspace('connections')}
       group by 1, 2, 3 order by 2, 3`,
      workspaceId,
    );
  }

  async durations(workspaceId: string | undefined): Promise<readonly DurationTotals[]> {
    const atMost = DURATION_BOUNDS.map((bound) => `count(*) filter (where seconds <= ${bound})::text`);
    return this.rows<DurationTotals>(
      `select workspace_id, connection_id, count(*) as runs, sum(seconds)::float8 as seconds, array[${atMost.join(', ')}] as at_most
       from (
         select connections.workspace_id, connection_id, greatest(extract(epoch from ended_at - started_at), 0) as seconds
         from runs join connections on connections.id = runs.connection_id
         where ${ofWorkspace('connections')} and started_at is not null and ended_at is not null
           and status not in ('queued', 'running')
       ) as ended
       group by 1, 2 order by 2`,
      workspaceId,
    );
  }

  async names(workspaceId: string | undefined): Promise<readonly ConnectionNames[]> {
    return this.rows<ConnectionNames>(
      `select connections.workspace_id, connections.id, connections.name, sources.name as source, destinations.name as destination
       from connections
       join sources on sources.id = connections.source_id
       join destinations on destinations.id = connections.destination_id
       where ${ofWorkspace('connections')}
       order by connections.id`,
      workspaceId,
    );
  }

  private async rows<Row>(sql: string, workspaceId: string | undefined): Promise<readonly Row[]> {
    const { rows } = await this.db.raw<{ rows: Row[] }>(sql, { workspace: workspaceId ?? null });
    return rows;
  }
}

/** Of all when none is named; never what is deleted. */
const ofWorkspace = (table: string): string =>
  `${table}.deleted_at is null and (cast(:workspace as text) is null or ${table}.workspace_id = :workspace)`;
