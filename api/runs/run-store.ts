import type { Knex } from 'knex';
import { prepared, rowsOf } from '../../platform/db/direct.js';
import { firstIdOf } from '../../platform/db/ids.js';
import type { RunRow, RunStreamRow } from '../../platform/db/rows.js';
import { isOpen, lastNumber, recordRun } from '../../platform/db/run-projection.js';
import type { RunRecord } from '../../platform/db/store.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type Listed, listPage, orNever } from '../lists/list-sql.js';
import { CONNECTION_NAME } from './connection-name.js';
import type { RunQuery } from './run-schemas.js';

/** What lists show of a run: not what only its worker needs. */
export type RunSummaryRow = Omit<RunRow, 'request' | 'staged' | 'changed'>;

const SUMMARY = `runs.id, runs.workspace_id, runs.connection_id, runs.connection_version, runs.number, runs.trigger, runs.status,
  runs.workflow_id, runs.started_at, runs.ended_at, runs.error, runs.created_at, ${CONNECTION_NAME}`;

const LISTED = { name: 'runs', sorts: { startedAt: orNever('runs.started_at'), endedAt: orNever('runs.ended_at') } };

/** What is shown of a stream. */
export type ShownStreamRow = Omit<RunStreamRow, 'changed' | 'checkpointed_at'>;

const SHOWN = `run_id, name, step, status, rows_extracted, rows_repeated, rows_filtered, rows_loaded, rows_rejected, rows_superseded,
  bytes, slices, cursor, error, notes, verification`;
const RUN = { name: 'run', text: `select runs.*, ${CONNECTION_NAME} from runs where workspace_id = $1 and id = $2` };
const STREAMS = {
  name: 'streams of a run',
  text: `select ${SHOWN} from run_streams where run_id = $1 order by name`,
};
const STREAMS_OF_RUNS = {
  name: 'streams of runs',
  text: `select ${SHOWN} from run_streams where run_id = any($1) order by name`,
};

/** Reads the projection of runs. Every query stays within one workspace. */
export class RunStore {
  constructor(private readonly db: Knex) {}

  async list(workspaceId: string, list: RunQuery): Promise<readonly Listed<RunSummaryRow>[]> {
    const { connectionId, status, trigger, since, until } = list;
    const query = this.db('runs')
      .select(this.db.raw(SUMMARY))
      .where({ workspace_id: workspaceId, ...(connectionId === undefined ? {} : { connection_id: connectionId }) });
    if (status !== undefined) void query.whereIn('status', status);
    if (trigger !== undefined) void query.whereIn('trigger', trigger);
    if (since !== undefined) void query.where('id', '>=', firstIdOf('run', since));
    if (until !== undefined) void query.where('id', '<', firstIdOf('run', until));
    listPage(query, list, LISTED);
    return rowsOf(query);
  }

  /** By connection; one look into the index for each, however many runs it has. */
  async newestOf(connectionIds: readonly string[]): Promise<ReadonlyMap<string, RunRow>> {
    if (connectionIds.length === 0) return new Map();
    const newest = `select runs.*, ${CONNECTION_NAME} from runs where connection_id = asked.id order by number desc limit 1`;
    const { rows } = await this.db.raw<{ readonly rows: readonly RunRow[] }>(
      `select newest.* from unnest(?::text[]) as asked(id) cross join lateral (${newest}) as newest`,
      [[...connectionIds]],
    );
    return new Map(rows.map((row) => [row.connection_id, row]));
  }

  /** By run. */
  async streamsOf(runIds: readonly string[]): Promise<ReadonlyMap<string, readonly ShownStreamRow[]>> {
    const rows = await prepared<ShownStreamRow>(this.db, STREAMS_OF_RUNS, [[...runIds]]);
    const byRun = new Map<string, ShownStreamRow[]>();
    for (const row of rows) {
      const streams = byRun.get(row.run_id);
      if (streams) streams.push(row);
      else byRun.set(row.run_id, [row]);
    }
    return byRun;
  }

  /** @throws MillraceError `request.not_found` */
  async get(workspaceId: string, id: string): Promise<RunRow> {
    const [row] = await prepared<RunRow>(this.db, RUN, [workspaceId, id]);
    if (row) return row;
    throw new MillraceError('request.not_found', { detail: `There is no run ${id}.` });
  }

  /** Those of the runs that have ended, or are not there. */
  async endedOf(ids: readonly string[]): Promise<readonly string[]> {
    const rows = await this.db<RunRow>('runs')
      .select('id', 'status')
      .whereIn('id', [...ids]);
    const open = new Set(rows.filter(isOpen).map(({ id }) => id));
    return ids.filter((id) => !open.has(id));
  }

  async streams(runId: string): Promise<readonly ShownStreamRow[]> {
    return prepared(this.db, STREAMS, [runId]);
  }

  /** Number of the connection's newest run; 0 when it never ran. */
  async lastNumber(connectionId: string): Promise<number> {
    return lastNumber(this.db, connectionId);
  }

  /** A worker may have told more of the run already: then nothing changes. */
  async recordQueued(run: Omit<RunRecord, 'status'>): Promise<void> {
    await recordRun(this.db, { ...run, status: 'queued' });
  }
}
