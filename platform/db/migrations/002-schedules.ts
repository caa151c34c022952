import { newId } from '../ids.js';
import type { Migration } from './index.js';

/** What tells this installation's Schedules in Temporal from those of others, and from what somebody made of them by hand. */
export const schedules: Migration = {
  name: '002-schedules',
  async up(db) {
    await db.schema.createTable('installation', (table) => {
      table.text('id').primary();
      table.boolean('only').notNullable().defaultTo(true).unique().checkIn(['true']).comment('There is one row');
      table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
    });
    await db('installation').insert({ id: newId('installation') });
    await db.schema.alterTable('connections', (table) => {
      table.jsonb('schedule_digest').comment('What Temporal said of the Schedule when it was last written');
    });
  },
  async down(db) {
    await db.schema.alterTable('connections', (table) => table.dropColumn('schedule_digest'));
    await db.schema.dropTableIfExists('installation');
  },
};
