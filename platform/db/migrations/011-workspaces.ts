import type { Migration } from './index.js';

/** Workspaces are changed through the API, under revisions like everything else. */
export const workspaces: Migration = {
  name: '011-workspaces',
  async up(db) {
    await db.schema.alterTable('workspaces', (table) => {
      table.integer('revision').notNullable().defaultTo(1).comment('Counts every change: the ETag');
      table.timestamp('updated_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
    });
  },
  async down(db) {
    await db.schema.alterTable('workspaces', (table) => table.dropColumns('revision', 'updated_at'));
  },
};
