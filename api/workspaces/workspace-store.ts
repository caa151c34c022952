import type { Knex } from 'knex';
import { DEFAULT_WORKSPACE, newId } from '../../platform/db/ids.js';
import type { WorkspaceRow } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type NewKeyRow, insertKey } from '../auth/key-store.js';
import { type Listed, byText, listPage, whereNameHolds } from '../lists/list-sql.js';
import type { WorkspaceList } from './workspace-schemas.js';

/** What is to be written together with a change: `row` as it is then, `before` as it was. May still refuse. */
export type RecordWorkspace = (tx: Knex, row: WorkspaceRow, before?: WorkspaceRow) => Promise<void>;

const LISTED = { name: 'workspaces', sorts: { name: byText('workspaces.name') } };
/** What makes a workspace one that is not empty, deleted resources that can still be restored among it. */
const CONTENTS = ['connections', 'sources', 'destinations'] as const;

export class WorkspaceStore {
  constructor(private readonly db: Knex) {}

  /** Of one id, or all. */
  async list(id: string | undefined, list: WorkspaceList): Promise<readonly Listed<WorkspaceRow>[]> {
    return this.db('workspaces')
      .select('workspaces.*')
      .modify((query) => {
        if (id !== undefined) void query.where({ id });
        whereNameHolds(query, 'workspaces.name', list.search);
        listPage(query, list, LISTED);
      });
  }

  /** @throws MillraceError `request.not_found` */
  async get(id: string): Promise<WorkspaceRow> {
    return present(await rows(this.db).where({ id }).first(), id);
  }

  /** With the key that its first user needs. */
  async create(name: string, record: RecordWorkspace): Promise<{ readonly row: WorkspaceRow; readonly key: NewKeyRow }> {
    return this.db.transaction(async (tx) => {
      const id = newId('workspace');
      const [inserted] = await rows(tx).insert({ id, name }).returning('*');
      const row = present(inserted, id);
      const key = await insertKey(tx, { workspaceId: id, name: 'first admin', scope: 'admin', expiresAt: null });
      await record(tx, row);
      return { row, key };
    });
  }

  async rename(id: string, name: string, record: RecordWorkspace): Promise<WorkspaceRow> {
    return this.db.transaction(async (tx) => {
      const before = await lock(tx, id);
      const change = { name, revision: before.revision + 1, updated_at: new Date() };
      const [changed] = await rows(tx).where({ id }).update(change).returning('*');
      const row = present(changed, id);
      await record(tx, row, before);
      return row;
    });
  }

  /** Its keys go with it. @throws MillraceError `request.conflict` while anything is in it */
  async remove(id: string, record: RecordWorkspace): Promise<void> {
    await this.db.transaction(async (tx) => {
      const row = await lock(tx, id);
      await record(tx, row);
      if (id === DEFAULT_WORKSPACE)
        throw new MillraceError('request.conflict', {
          detail: 'The default workspace holds the keys of the installation.',
          suggestion: 'It stays.',
        });
      for (const table of CONTENTS) if (await tx(table).where({ workspace_id: id }).first()) throw notEmpty(row, table);
      await tx('api_keys').where({ workspace_id: id }).delete();
      await rows(tx).where({ id }).delete();
    });
  }
}

const rows = (db: Knex): Knex.QueryBuilder<WorkspaceRow, WorkspaceRow[]> =>
  db<WorkspaceRow>('workspaces') as Knex.QueryBuilder<WorkspaceRow, WorkspaceRow[]>;

/** For update: whoever is about to put something into it waits, and then finds it gone. */
async function lock(tx: Knex, id: string): Promise<WorkspaceRow> {
  return present(await rows(tx).where({ id }).forUpdate().first(), id);
}

function present(row: WorkspaceRow | undefined, id: string): WorkspaceRow {
  if (row) return row;
  throw new MillraceError('request.not_found', { detail: `There is no workspace ${id}.` });
}

function notEmpty({ id, name }: WorkspaceRow, table: string): MillraceError {
  return new MillraceError('request.conflict', {
    detail: `The workspace ${id} (${name}) still has ${table}.`,
    suggestion:
      'Delete them with a key of that workspace first; those that were deleted count until they cannot be restored any more.',
  });
}
