import type { Knex } from 'knex';
import { rejectsToReplay } from '../../platform/db/rejects.js';
import type { RejectRow } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { RejectQuery, RejectView, ReplayRejectsBody } from './reject-schemas.js';

/** Reads the projection of rejected rows. Every query stays within one workspace. */
export class RejectStore {
  constructor(private readonly db: Knex) {}

  /** Newest first. */
  async list(
    workspaceId: string,
    of: { readonly connection_id: string } | { readonly run_id: string },
    { limit, after, stream }: RejectQuery,
  ): Promise<readonly RejectRow[]> {
    return this.db<RejectRow>('rejects')
      .where({ workspace_id: workspaceId, ...of, ...(stream === undefined ? {} : { stream }) })
      .modify((query) => {
        if (after !== undefined) void query.where('id', '<', after);
      })
      .orderBy('id', 'desc')
      .limit(limit + 1);
  }

  /** @throws MillraceError `rejects.not_replayable` when nothing is left, `connection.invalid` for ids that are not there */
  async requireReplayable(connectionId: string, { stream, run, rejects }: ReplayRejectsBody): Promise<void> {
    const found = await rejectsToReplay(this.db, connectionId, {
      ...(stream === undefined ? {} : { streams: [stream] }),
      ...(run === undefined ? {} : { runId: run }),
      ...(rejects === undefined ? {} : { ids: rejects }),
    });
    const missing = (rejects ?? []).findIndex((id) => !found.some((row) => row.id === id));
    if (missing >= 0)
      throw new MillraceError('connection.invalid', {
        detail: `${rejects?.[missing]} is none of the rejects that are asked for.`,
        path: `rejects[${missing}]`,
      });
    if (found.length === 0)
      throw new MillraceError('rejects.not_replayable', {
        detail: 'There are no rejected rows that were not loaded again already.',
      });
  }

  /** @throws MillraceError `request.not_found` */
  async get(workspaceId: string, id: string): Promise<RejectRow> {
    const row = await this.db<RejectRow>('rejects').where({ workspace_id: workspaceId, id }).first();
    if (row) return row;
    throw new MillraceError('request.not_found', { detail: `There are no rejected rows ${id}.` });
  }
}

export function rejectView(row: RejectRow): RejectView {
  return {
    id: row.id,
    connectionId: row.connection_id,
    runId: row.run_id,
    runNumber: Number(row.run_number),
    stream: row.stream,
    slice: Number(row.seq),
    rows: Number(row.rows),
    reasons: row.reasons.map((reason) => ({ ...reason })),
    createdAt: row.created_at.toISOString(),
    replayedAt: row.replayed_at?.toISOString() ?? null,
    replayedRunId: row.replayed_run,
  };
}
