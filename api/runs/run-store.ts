import type { Knex } from 'knex';
import type { RunRow, RunStreamRow } from '../../platform/db/rows.js';
import { isOpen, lastNumber, recordRun } from '../../platform/db/run-projection.js';
import type { RunRecord } from '../../platform/db/store.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { RunQuery } from './run-schemas.js';

/** Reads the projection of runs. Every query stays within one workspace. */
export class RunStore {
  constructor(private readonly db: Knex) {}

  async list(workspaceId: string, { limit, after, connectionId, status }: RunQuery): Promise<readonly RunRow[]> {
    return this.db<RunRow>('runs')
      .where({ workspace_id: workspaceId, ...(connectionId === undefined ? {} : { connection_id: connectionId }) })
      .modify((query) => {
        if (after !== undefined) void query.where('id', '<', after);
        if (status !== undefined) void query.whereIn('status', status);
      })
      .orderBy('id', 'desc')
      .limit(limit + 1);
  }

  /** @throws MillraceError `request.not_found` */
  async get(workspaceId: string, id: string): Promise<RunRow> {
    const row = await this.db<RunRow>('runs').where({ workspace_id: workspaceId, id }).first();
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

  async streams(runId: string): Promise<readonly RunStreamRow[]> {
    return this.db<RunStreamRow>('run_streams').where({ run_id: runId }).orderBy('name');
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
