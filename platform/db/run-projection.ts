import type { Knex } from 'knex';
import type { RunStatus } from '../../workflows/messages.js';
import type { RunRow } from './rows.js';
import type { RunRecord, RunRows, StreamRecord } from './store.js';

/**
 * Writes what activities and API know of a run. Any of them may be late, repeated, or first: a row is inserted when it is
 * missing, a later status never gives way to an earlier one, and what is known is never overwritten with nothing.
 */
export async function recordRun(db: Knex, run: RunRecord): Promise<void> {
  const row = {
    id: run.id,
    workspace_id: run.workspaceId,
    connection_id: run.connectionId,
    connection_version: run.connectionVersion ?? null,
    number: run.number,
    trigger: run.trigger,
    status: run.status,
    workflow_id: run.workflowId,
    started_at: run.startedAt ?? null,
    ended_at: run.endedAt ?? null,
    error: run.error ? JSON.stringify(run.error) : null,
    request: run.request ? JSON.stringify(run.request) : null,
    staged: run.staged ? JSON.stringify(run.staged) : null,
  };
  await db('runs')
    .insert(row)
    .onConflict('id')
    .merge({
      status: newest(db, 'runs', 'status'),
      trigger: newest(db, 'runs', 'trigger'),
      connection_version: db.raw('coalesce(excluded.connection_version, runs.connection_version)'),
      started_at: db.raw('coalesce(excluded.started_at, runs.started_at)'),
      ended_at: db.raw('coalesce(excluded.ended_at, runs.ended_at)'),
      error: newest(db, 'runs', 'error'),
      request: db.raw('coalesce(excluded.request, runs.request)'),
      staged: db.raw('coalesce(excluded.staged, runs.staged)'),
    });
}

export async function recordStreams(db: Knex, runId: string, streams: readonly StreamRecord[]): Promise<void> {
  if (streams.length === 0) return;
  await db('run_streams')
    .insert(streams.map((stream) => streamRow(runId, stream)))
    .onConflict(['run_id', 'name'])
    .merge()
    .whereRaw(`(${rank('excluded.status')}, excluded.slices) >= (${rank('run_streams.status')}, run_streams.slices)`);
}

const OPEN: readonly RunStatus[] = ['queued', 'running'];

/** Whether a run has not ended yet. */
export const isOpen = ({ status }: Pick<RunRow, 'status'>): boolean => OPEN.includes(status);

/** Ends the connection's open runs, whose workflows are gone; one that reports its own end after all corrects it. */
export async function endOpenRuns(db: Knex, connectionId: string, end: Pick<RunRecord, 'status' | 'error'>): Promise<void> {
  await db<RunRow>('runs')
    .where({ connection_id: connectionId })
    .whereIn('status', [...OPEN])
    .update({ status: end.status, ended_at: new Date(), ...(end.error ? { error: JSON.stringify(end.error) as never } : {}) });
}

/** Number of the connection's newest run; 0 when it never ran. */
export async function lastNumber(db: Knex, connectionId: string): Promise<number> {
  const row = await db<RunRow>('runs')
    .where({ connection_id: connectionId })
    .max<{ max: string | null }>('number as max')
    .first();
  return Number(row?.max ?? 0);
}

function streamRow(runId: string, stream: StreamRecord): Record<string, unknown> {
  return {
    run_id: runId,
    name: stream.name,
    step: stream.step,
    status: stream.status,
    ...rowCounts(stream.rows),
    bytes: stream.bytes,
    slices: stream.slices,
    cursor: stream.cursor === null || stream.cursor === undefined ? null : JSON.stringify(stream.cursor),
    error: stream.error === null ? null : JSON.stringify(stream.error),
    notes: JSON.stringify(stream.notes),
  };
}

function rowCounts(rows: RunRows): Record<string, number> {
  return {
    rows_extracted: rows.extracted,
    rows_repeated: rows.repeated,
    rows_filtered: rows.filtered,
    rows_loaded: rows.loaded,
    rows_rejected: rows.rejected,
    rows_superseded: rows.superseded,
  };
}

function newest(db: Knex, table: string, column: string): Knex.Raw {
  return db.raw(
    `case when ${rank('excluded.status')} >= ${rank(`${table}.status`)} then excluded.${column} else ${table}.${column} end`,
  );
}

/** queued → running → ended: the ways to end are equal, so that a retried report of the end may correct itself. */
function rank(column: string): string {
  return `(case ${column} when 'queued' then 0 when 'running' then 1 else 2 end)`;
}
