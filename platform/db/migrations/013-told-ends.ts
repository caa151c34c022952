import type { Migration } from './index.js';

/** Ends of runs are told to whoever listens, when they are committed. */
export const toldEnds: Migration = {
  name: '013-told-ends',
  async up(db) {
    await db.raw(`
      create function millrace_tell_end() returns trigger language plpgsql as $$
      begin
        perform pg_notify('millrace_run_ended', new.id);
        return null;
      end $$;

      create trigger tell_end after update on runs for each row
        when (old.status in ('queued', 'running') and new.status not in ('queued', 'running')) execute function millrace_tell_end();
    `);
  },
  async down(db) {
    await db.raw('drop trigger tell_end on runs; drop function millrace_tell_end');
  },
};
