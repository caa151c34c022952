import type { Migration } from './index.js';

/** By which workers prove that they have one stage. */
export const stageMarks: Migration = {
  name: '014-stage-marks',
  async up(db) {
    await db.schema.alterTable('worker_processes', (table) => {
      table.jsonb('stage_mark').comment('A file that the worker has left in its stage; null for one of an earlier version');
    });
  },
  async down(db) {
    await db.schema.alterTable('worker_processes', (table) => table.dropColumn('stage_mark'));
  },
};
