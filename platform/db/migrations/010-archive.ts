import type { Migration } from './index.js';

/** What is deleted can be restored for a while: it stays where it is, and says since when it is deleted. */
export const archive: Migration = {
  name: '010-archive',
  async up(db) {
    await db.schema.createTable('past_connections', (table) => {
      table.text('id').primary();
      table.text('workspace_id').notNullable();
      table.text('name').notNullable().comment('As it was named when it was deleted: its runs are still listed');
    });
    for (const table of ARCHIVED) {
      await db.schema.alterTable(table, (columns) => {
        columns.timestamp('deleted_at', { useTz: true }).comment('Null while it is there');
      });
      await db.raw(`create index ${table}_deleted on ${table} (deleted_at) where deleted_at is not null`);
    }
  },
  async down(db) {
    await db.schema.dropTableIfExists('past_connections');
    for (const table of ARCHIVED) {
      await db.raw(`drop index if exists ${table}_deleted`);
      await db(table).whereNotNull('deleted_at').delete();
      await db.schema.alterTable(table, (columns) => columns.dropColumn('deleted_at'));
    }
  },
};

/** Connections first: what they use cannot go before them. */
const ARCHIVED = ['connections', 'sources', 'destinations'] as const;
