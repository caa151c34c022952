import type { Knex } from 'knex';
import type { RunRow, VerificationRow } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type Listed, listPage } from '../lists/list-sql.js';
import type { VerificationQuery } from './verification-schemas.js';

export type NewVerification = Pick<
  VerificationRow,
  'id' | 'workspace_id' | 'connection_id' | 'workflow_id' | 'method' | 'scope' | 'streams' | 'run_active'
> & { readonly run_number: number | null };

/** Comparisons that somebody asked for. Every query stays within one workspace. */
export class VerificationStore {
  constructor(private readonly db: Knex) {}

  async insert({ streams, ...row }: NewVerification): Promise<void> {
    await this.db('verifications').insert({ ...row, streams: JSON.stringify(streams), status: 'running' });
  }

  async remove(id: string): Promise<void> {
    await this.db('verifications').where({ id }).delete();
  }

  /** @throws MillraceError `request.not_found` */
  async get(workspaceId: string, id: string): Promise<VerificationRow> {
    const row = await this.db<VerificationRow>('verifications').where({ workspace_id: workspaceId, id }).first();
    if (row) return row;
    throw new MillraceError('request.not_found', { detail: `There is no verification ${id}.` });
  }

  async list(workspaceId: string, connectionId: string, list: VerificationQuery): Promise<readonly Listed<VerificationRow>[]> {
    return this.db('verifications')
      .select('verifications.*')
      .where({ workspace_id: workspaceId, connection_id: connectionId })
      .modify((query) => {
        if (list.status !== undefined) void query.whereIn('status', list.status);
        listPage(query, list, { name: 'verifications', sorts: {} });
      });
  }

  /** The named run of the connection, or its newest. @throws MillraceError `request.not_found` */
  async run(connectionId: string, number: number | undefined): Promise<RunRow> {
    const query = this.db<RunRow>('runs').where({ connection_id: connectionId }).orderBy('number', 'desc');
    const row = await (number === undefined ? query : query.where({ number: String(number) })).first();
    if (row) return row;
    const which = number === undefined ? 'any run yet' : `a run ${number}`;
    throw new MillraceError('request.not_found', { detail: `Connection ${connectionId} does not have ${which}.`, path: 'run' });
  }

  /** Its workflow is gone; one that wrote its end just now has the last word. */
  async endLost({ id, streams, results }: VerificationRow): Promise<void> {
    const { code, message, suggestion } = new MillraceError('run.lost', {
      detail: 'The comparison was ended in Temporal, or lost with it.',
      suggestion: 'Ask for it again.',
    });
    const left = streams.filter((name) => !results[name]);
    const errors = Object.fromEntries(left.map((name) => [name, { code, message, suggestion }]));
    const end = { status: 'failed', ended_at: new Date(), errors: JSON.stringify(errors) };
    await this.db('verifications').where({ id, status: 'running' }).update(end);
  }

  async hasOpenRun(connectionId: string): Promise<boolean> {
    return (await this.db<RunRow>('runs').where({ connection_id: connectionId, status: 'running' }).first()) !== undefined;
  }
}
