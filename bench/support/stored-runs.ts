import pg from 'pg';
import { newId } from '../../platform/db/ids.js';

export interface Stored {
  /** Id of a connection that is there; the others are copies of it. */
  readonly like: string;
  readonly connections: number;
  /** Of one stream each, spread evenly over the connections. */
  readonly runs: number;
}

const DAY_MS = 86_400_000;

/** Writes what an installation keeps after a long time straight into its metadata. @returns the ids, oldest first */
export async function storeRuns(metadataUrl: string, { like, connections, runs }: Stored): Promise<StoredIds> {
  const client = new pg.Client({ connectionString: metadataUrl });
  await client.connect();
  try {
    const connectionIds = idsOf('connection', connections);
    const runIds = idsOf('run', runs);
    await client.query(COPY_CONNECTIONS, [like, connectionIds]);
    await client.query(COPY_VERSIONS, [like, connectionIds]);
    await client.query(RUNS, [like, connectionIds, runIds]);
    await client.query(STREAMS, [runIds]);
    await client.query('vacuum analyze');
    return { connectionIds, runIds };
  } finally {
    await client.end();
  }
}

export interface StoredIds {
  readonly connectionIds: readonly string[];
  readonly runIds: readonly string[];
}

/** Made evenly over the last thirty days. */
function idsOf(kind: 'connection' | 'run', count: number): readonly string[] {
  const begun = Date.now() - 30 * DAY_MS;
  return Array.from({ length: count }, (_, index) => newId(kind, begun + Math.floor((index * 30 * DAY_MS) / count)));
}

const COPY_CONNECTIONS = `
  insert into connections (id, workspace_id, name, labels, source_id, destination_id, version)
  select copy.id, workspace_id, name || ' ' || copy.n, labels, source_id, destination_id, version
  from connections cross join unnest($2::text[]) with ordinality as copy (id, n) where connections.id = $1`;

const COPY_VERSIONS = `
  insert into connection_versions (connection_id, version, config)
  select copy.id, version, config from connection_versions cross join unnest($2::text[]) as copy (id) where connection_id = $1`;

const RUNS = `
  insert into runs (id, workspace_id, connection_id, connection_version, number, trigger, status, workflow_id, started_at, ended_at)
  select run.id, workspace_id, ids[(n - 1) % cardinality(ids) + 1], 1, (n - 1) / cardinality(ids) + 1, 'schedule',
    case when n % 50 = 0 then 'failed' else 'succeeded' end, 'sync/' || run.id, at, at + interval '3 seconds'
  from connections, (select $2::text[] as ids) as ids, unnest($3::text[]) with ordinality as run (id, n),
    lateral (select now() - interval '30 days' * (1 - n::float8 / cardinality($3::text[])) as at) as begun
  where connections.id = $1`;

const STREAMS = `
  insert into run_streams (run_id, name, step, status, rows_extracted, rows_loaded, bytes, slices)
  select id, 'public.orders', 'load', 'succeeded', 501, 500, 40000, 1 from unnest($1::text[]) as run (id)`;
