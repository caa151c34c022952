import type { Knex } from 'knex';
import { firstIdOf } from '../../platform/db/ids.js';
import type { AuditRow } from '../../platform/db/rows.js';
import type { AuditQuery, AuditView } from './audit-schemas.js';

/** Who wrote what. Every query stays within one workspace. */
export class AuditStore {
  constructor(private readonly db: Knex) {}

  /** Newest first. Ids sort by time, so that no time needs an index of its own. */
  async list(workspaceId: string, { limit, after, resource, key, since, until }: AuditQuery): Promise<readonly AuditRow[]> {
    return this.db<AuditRow>('audit')
      .where({ workspace_id: workspaceId })
      .modify((query) => {
        if (resource !== undefined) void query.where({ resource });
        if (key !== undefined) void query.where({ key_id: key });
        if (after !== undefined) void query.where('id', '<', after);
        if (since !== undefined) void query.where('id', '>=', firstIdOf('audit', since));
        if (until !== undefined) void query.where('id', '<', firstIdOf('audit', until));
      })
      .orderBy('id', 'desc')
      .limit(limit + 1);
  }

  /** Of every workspace. @returns how many entries went */
  async removeBefore(time: Date): Promise<number> {
    return this.db<AuditRow>('audit').where('id', '<', firstIdOf('audit', time)).delete();
  }
}

export function auditView(row: AuditRow): AuditView {
  return {
    id: row.id,
    at: row.at.toISOString(),
    key: { id: row.key_id, name: row.key_name },
    method: row.method,
    route: row.route,
    resource: row.resource,
    status: row.status,
    requestId: row.request_id,
    before: row.before,
    after: row.after,
  };
}
