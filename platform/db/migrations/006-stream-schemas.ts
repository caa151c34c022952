import type { Migration } from './index.js';

/** Every version of a stream's columns that a run has met. */
export const streamSchemas: Migration = {
  name: '006-stream-schemas',
  async up(db) {
    await db.schema.createTable('stream_schemas', (table) => {
      table.text('connection_id').notNullable();
      table.text('stream').notNullable();
      table.integer('version').notNullable();
      table.jsonb('fields').notNullable();
      table.jsonb('primary_key').notNullable();
      table.jsonb('changes').notNullable().comment('What is different from the accepted version before');
      table.boolean('accepted').notNullable();
      table.integer('run').notNullable().comment('Number of the run that met it first');
      table.timestamp('seen_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
      table.primary(['connection_id', 'stream', 'version']);
    });
  },
  async down(db) {
    await db.schema.dropTableIfExists('stream_schemas');
  },
};
