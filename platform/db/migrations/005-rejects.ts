import type { Migration } from './index.js';

/** Rejected rows as people find them. A projection, as runs are: the ledgers in the destinations are the truth. */
export const rejects: Migration = {
  name: '005-rejects',
  async up(db) {
    await db.schema.createTable('rejects', (table) => {
      table.text('id').primary();
      table.text('workspace_id').notNullable();
      table.text('connection_id').notNullable();
      table.text('run_id').notNullable();
      table.bigInteger('run_number').notNullable();
      table.text('stream').notNullable();
      table.text('track').notNullable();
      table.bigInteger('lineage').notNullable();
      table.bigInteger('seq').notNullable();
      table.bigInteger('rows').notNullable();
      table.jsonb('reasons').notNullable().comment('How many rows for which reason');
      table.jsonb('manifest').notNullable().comment('Key and SHA-256 in the stage');
      table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
      table.timestamp('replayed_at', { useTz: true });
      table.text('replayed_run').comment('The run that loaded the rows again');
      table.index(['connection_id', 'id']);
      table.index(['run_id', 'id']);
    });
  },
  async down(db) {
    await db.schema.dropTableIfExists('rejects');
  },
};
