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

type StreamCount = Extract<keyof RunStreamRow, `rows_${string}`> | 'bytes' | 'slices';

/** What is shown of a stream. Its counts are numbers where it comes with its run, as JSON; none comes near 2^53. */
export type ShownStreamRow = Omit<RunStreamRow, StreamCount | 'run_id' | 'changed' | 'checkpointed_at'> &
  Readonly<Record<StreamCount, string | number>>;

interface WithStreams {
  readonly streams: readonly ShownStreamRow[];
}

/** A run with its streams. */
export type ShownRun = RunSummaryRow & WithStreams;

const SHOWN = `name, step, status, rows_extracted, rows_repeated, rows_filtered, rows_loaded, rows_rejected, rows_superseded,
  bytes, slices, cursor, error, notes, verification`;
/** A column of `runs` in SQL. */
const STREAMS = `coalesce((select json_agg(shown order by name)
  from (select ${SHOWN} from run_streams where run_id = runs.id) as shown), '[]') as streams`;

const RUN = { name: 'run', text: `select runs.*, ${CONNECTION_NAME} from runs where workspace_id = $1 and id = $2` };
const SHOWN_RUN = { name: 'shown run', text: `select ${SUMMARY}, ${STREAMS} from runs where workspace_id = $1 and id = $2` };
const STREAMS_OF_RUN = {
  name: 'streams of a run',
  text: `select ${SHOWN} from run_streams where run_id = $1 order by name`,
};

/** Reads the projection of runs. Every query stays within one workspace. */
export class RunStore {
  constructor(private readonly db: Knex) {}

  async list(workspaceId: string, list: RunQuery): Promise<readonly Listed<RunSummaryRow & Partial<WithStreams>>[]> {
    const { connectionId, status, trigger, since, until, include } = list;
    const query = this.db('runs')
      .select(this.db.raw(include?.includes('streams') ? `${SUMMARY}, ${STREAMS}` : SUMMARY))
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

  /** @throws MillraceError `request.not_found` */
  async get(workspaceId: string, id: string): Promise<RunRow> {
    const [row] = await prepared<RunRow>(this.db, RUN, [workspaceId, id]);
    return row ?? absent(id);
  }

  /** @throws MillraceError `request.not_found` */
  async shown(workspaceId: string, id: string): Promise<ShownRun> {
    const [row] = await prepared<ShownRun>(this.db, SHOWN_RUN, [workspaceId, id]);
    return row ?? absent(id);
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
    return prepared(this.db, STREAMS_OF_RUN, [runId]);
  }

  /** Number of the connection's newest run; 0 when it never ran. */
  async lastNumber(connectionId: string): Promise<number> {
    return lastNumber(this.db, connectionId);
  }

  /** Whether people see that the run has ended; one that is not recorded yet has not. */
  async hasEnded(id: string): Promise<boolean> {
    const row = await this.db<RunRow>('runs').where({ id }).first('status');
    return row !== undefined && !isOpen(row);
  }

  /** A worker may have told more of the run already: then nothing changes. */
  async recordQueued(run: Omit<RunRecord, 'status'>): Promise<void> {
    await recordRun(this.db, { ...run, status: 'queued' });
  }
}

function absent(id: string): never {
  throw new MillraceError('request.not_found', { detail: `There is no run ${id}.` });
}
