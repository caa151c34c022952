import type { Migration } from './index.js';

/** What comparisons of sources with their targets have found: at the end of runs, and when somebody asked. */
export const verification: Migration = {
  name: '004-verification',
  async up(db) {
    await db.schema.alterTable('run_streams', (table) => {
      table.jsonb('verification').comment('Of the comparison after the last load; null when there was none');
    });
    await db.schema.createTable('verifications', (table) => {
      table.text('id').primary();
      table.text('workspace_id').notNullable();
      table.text('connection_id').notNullable();
      table.text('workflow_id').notNullable();
      table.text('method').notNullable();
      table.text('scope').notNullable();
      table.bigInteger('run_number');
      table.text('status').notNullable();
      table.jsonb('streams').notNullable().comment('Names, in order');
      table.jsonb('results').notNullable().defaultTo('{}').comment('By stream');
      table.jsonb('errors').notNullable().defaultTo('{}').comment('Of streams that could not be compared');
      table.boolean('run_active').notNullable().defaultTo(false).comment('A run was active meanwhile');
      table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
      table.timestamp('ended_at', { useTz: true });
      table.index(['connection_id', 'id']);
    });
  },
  async down(db) {
    await db.schema.dropTableIfExists('verifications');
    await db.schema.alterTable('run_streams', (table) => table.dropColumn('verification'));
  },
};
