import type { Knex } from 'knex';
import { newId } from '../../platform/db/ids.js';
import type { ConnectionRow, ConnectorRow, Labels } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { RestoreWindow } from '../archive/archive.js';
import { whereLabels } from '../lists/labels.js';
import { type Listed, type ListedTable, byText, byTime, listPage, whereNameHolds } from '../lists/list-sql.js';
import type { SystemKind } from './system-kind.js';
import type { SystemList } from './system-schemas.js';

export interface NewSystem {
  readonly workspaceId: string;
  readonly name: string;
  readonly connector: string;
  /** Secrets sealed. */
  readonly config: unknown;
  readonly labels: Labels;
}

/** What is to be written together with a change: `row` as it is then, `before` as it was. */
export type RecordChange = (tx: Knex, row: ConnectorRow, before?: ConnectorRow) => Promise<void>;

export interface SystemUpdate {
  /** May still refuse. */
  readonly change: (row: ConnectorRow) => Pick<ConnectorRow, 'name' | 'config' | 'labels'>;
  readonly record: RecordChange;
}

export interface SystemRemoval {
  /** Not to be restored. */
  readonly forever: boolean;
  readonly record: RecordChange;
}

/** The rows of one kind of system. Every query stays within one workspace. */
export class SystemStore {
  constructor(
    private readonly db: Knex,
    readonly kind: SystemKind,
    readonly window: RestoreWindow,
  ) {}

  async insert(system: NewSystem, record: RecordChange): Promise<ConnectorRow> {
    return this.db.transaction(async (tx) => {
      const [inserted] = await this.rows(tx)
        .insert({
          id: newId(this.kind.kind),
          workspace_id: system.workspaceId,
          name: system.name,
          connector: system.connector,
          config: JSON.stringify(system.config),
          labels: system.labels,
        })
        .returning('*');
      const row = this.present(inserted, 'the new row');
      await record(tx, row);
      return row;
    });
  }

  async list(workspaceId: string, list: SystemList): Promise<readonly Listed<ConnectorRow>[]> {
    const { connector, label, search, deleted } = list;
    const { table } = this.kind;
    return this.db(table)
      .select(`${table}.*`)
      .where({ workspace_id: workspaceId, ...(connector === undefined ? {} : { connector }) })
      .modify((query) => {
        this.window.where(query, table, deleted);
        whereLabels(query, `${table}.labels`, label);
        whereNameHolds(query, `${table}.name`, search);
        listPage(query, list, listedTable(table));
      });
  }

  /** Also those that are deleted. */
  async ofIds(workspaceId: string, ids: readonly string[]): Promise<readonly ConnectorRow[]> {
    return ids.length === 0 ? [] : this.rows(this.db).where({ workspace_id: workspaceId }).whereIn('id', ids);
  }

  /** @throws MillraceError `request.not_found` */
  async get(workspaceId: string, id: string): Promise<ConnectorRow> {
    return this.present(await this.rows(this.db).where({ workspace_id: workspaceId, id, deleted_at: null }).first(), id);
  }

  /** Changes a row while nobody else does. @throws MillraceError `request.not_found` */
  async change(workspaceId: string, id: string, { change, record }: SystemUpdate): Promise<ConnectorRow> {
    return this.db.transaction(async (tx) => {
      const row = await this.lock(tx, workspaceId, id);
      const { name, config, labels } = change(row);
      const [changed] = await this.rows(tx)
        .where({ id })
        .update({ name, config: JSON.stringify(config), labels, revision: row.revision + 1, updated_at: new Date() })
        .returning('*');
      await record(tx, this.present(changed, id), row);
      return this.present(changed, id);
    });
  }

  /**
   * `record` may still refuse. Whoever is about to connect it holds the row: it is connected before, or not found any more.
   * @throws MillraceError `request.not_found`, `request.conflict`
   */
  async remove(workspaceId: string, id: string, { forever, record }: SystemRemoval): Promise<void> {
    await this.db.transaction(async (tx) => {
      const row = forever ? await this.lockAny(tx, workspaceId, id) : await this.lock(tx, workspaceId, id);
      await record(tx, row);
      await this.refuseUsed(tx, id, forever);
      if (forever) await this.rows(tx).where({ id }).delete();
      else
        await this.rows(tx)
          .where({ id })
          .update({ deleted_at: new Date(), revision: row.revision + 1 });
    });
  }

  /** What is not deleted stays as it is. @throws MillraceError `request.not_found` */
  async restore(workspaceId: string, id: string, record: RecordChange): Promise<ConnectorRow> {
    return this.db.transaction(async (tx) => {
      const row = await this.lockAny(tx, workspaceId, id);
      if (!row.deleted_at) return row;
      this.window.assertRestorable(row);
      const change = { deleted_at: null, revision: row.revision + 1, updated_at: new Date() };
      const [restored] = await this.rows(tx).where({ id }).update(change).returning('*');
      await record(tx, this.present(restored, id), row);
      return this.present(restored, id);
    });
  }

  /** Those that are deleted do not count: they cannot be restored before it is. What goes for good must not be missed by them. */
  private async refuseUsed(tx: Knex, id: string, forever: boolean): Promise<void> {
    const users = await tx<ConnectionRow>('connections')
      .where({ [`${this.kind.kind}_id`]: id, ...(forever ? {} : { deleted_at: null }) })
      .limit(5);
    if (users.length === 0) return;
    const textOf = (user: ConnectionRow): string => `${user.id} (${user.name}${user.deleted_at ? ', deleted' : ''})`;
    throw new MillraceError('request.conflict', {
      detail: `${id} is used by ${users.map(textOf).join(', ')}.`,
      suggestion: forever ? 'Delete these connections with forever=true first.' : 'Delete these connections first.',
    });
  }

  private async lockAny(tx: Knex, workspaceId: string, id: string): Promise<ConnectorRow> {
    return this.present(await this.rows(tx).where({ workspace_id: workspaceId, id }).forUpdate().first(), id);
  }

  private async lock(tx: Knex, workspaceId: string, id: string): Promise<ConnectorRow> {
    const row = await this.rows(tx).where({ workspace_id: workspaceId, id, deleted_at: null }).forUpdate().first();
    return this.present(row, id);
  }

  private rows(db: Knex): Knex.QueryBuilder<ConnectorRow, ConnectorRow[]> {
    return db<ConnectorRow>(this.kind.table) as Knex.QueryBuilder<ConnectorRow, ConnectorRow[]>;
  }

  private present(row: ConnectorRow | undefined, id: string): ConnectorRow {
    if (row) return row;
    throw new MillraceError('request.not_found', { detail: `There is no ${this.kind.kind} ${id}.` });
  }
}

/** Sources and destinations are sorted alike. */
function listedTable(name: SystemKind['table']): ListedTable {
  return { name, sorts: { name: byText(`${name}.name`), updatedAt: byTime(`${name}.updated_at`) } };
}
