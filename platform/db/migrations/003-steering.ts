import type { Migration } from './index.js';

/** What people steer runs with: the journal of state changes, why a schedule paused itself, what a run was asked to do. */
export const steering: Migration = {
  name: '003-steering',
  async up(db) {
    await db.schema.alterTable('connections', (table) => {
      table.text('tripped').comment('Why the schedule has paused itself after failed runs');
    });
    await db.schema.alterTable('runs', (table) => {
      table.jsonb('request').comment('Streams, refresh and purpose; null for a plain run');
      table.jsonb('staged').comment('The document in the stage that says what is still staged');
    });
    await db.schema.createTable('state_changes', (table) => {
      table.text('connection_id').notNullable();
      table.integer('revision').notNullable();
      table.text('kind').notNullable();
      table.text('by').notNullable();
      table.jsonb('feeds').notNullable().comment('Position of each feed before and after');
      table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
      table.primary(['connection_id', 'revision']);
    });
  },
  async down(db) {
    await db.schema.dropTableIfExists('state_changes');
    await db.schema.alterTable('runs', (table) => table.dropColumns('request', 'staged'));
    await db.schema.alterTable('connections', (table) => table.dropColumn('tripped'));
  },
};
