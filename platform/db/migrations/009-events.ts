import type { Knex } from 'knex';
import type { Migration } from './index.js';

/** What people watch: numbered changes of runs, lines that runs have logged, and the worker processes that are alive. */
export const events: Migration = {
  name: '009-events',
  async up(db) {
    await numberChanges(db);
    await createRunLogs(db);
    await createWorkerProcesses(db);
  },
  async down(db) {
    for (const table of ['worker_processes', 'run_logs']) await db.schema.dropTableIfExists(table);
    for (const table of ['runs', 'run_streams'])
      await db.raw(`drop trigger hold_changes on ${table}; drop trigger number_change on ${table}`);
    await db.raw('drop function millrace_hold_changes, millrace_number_run, millrace_number_stream');
    await db.schema.alterTable('runs', (table) => table.dropColumn('changed'));
    await db.schema.alterTable('run_streams', (table) => table.dropColumns('changed', 'checkpointed_at'));
    await db.raw('drop sequence run_changes');
  },
};

/**
 * Whoever has seen a number has seen every change with a smaller one: numbers are given and committed one transaction after
 * the other. The lock is taken before any row is, so that statements which change several rows never wait for each other in
 * a circle.
 */
async function numberChanges(db: Knex): Promise<void> {
  await db.raw(`
    create sequence run_changes;
    alter table runs add column changed bigint not null default nextval('run_changes');
    alter table run_streams add column changed bigint not null default nextval('run_changes');
    alter table run_streams add column checkpointed_at timestamptz;
    update run_streams set checkpointed_at = coalesce(runs.ended_at, runs.started_at) from runs
      where runs.id = run_streams.run_id and (run_streams.slices > 0 or run_streams.status = 'succeeded');
    create index runs_changed_index on runs (changed);
    create index run_streams_changed_index on run_streams (changed);

    create function millrace_hold_changes() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(6455724638);
      return null;
    end $$;

    create function millrace_number_run() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' or new is distinct from old then new.changed := nextval('run_changes'); end if;
      return new;
    end $$;

    create function millrace_number_stream() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and new is not distinct from old then return new; end if;
      new.changed := nextval('run_changes');
      if tg_op = 'INSERT' then
        if new.slices > 0 or new.rows_loaded > 0 or new.status = 'succeeded' then new.checkpointed_at := clock_timestamp(); end if;
      elsif new.slices > old.slices or new.rows_loaded > old.rows_loaded
        or (new.status = 'succeeded' and old.status <> 'succeeded') then
        new.checkpointed_at := clock_timestamp();
      end if;
      return new;
    end $$;

    create trigger hold_changes before insert or update on runs for each statement execute function millrace_hold_changes();
    create trigger hold_changes before insert or update on run_streams for each statement execute function millrace_hold_changes();
    create trigger number_change before insert or update on runs for each row execute function millrace_number_run();
    create trigger number_change before insert or update on run_streams for each row execute function millrace_number_stream();
  `);
}

async function createRunLogs(db: Knex): Promise<void> {
  await db.schema.createTable('run_logs', (table) => {
    table.bigIncrements('id').comment('In the order in which lines of a run can be seen');
    table.text('workspace_id').notNullable();
    table.text('run_id').notNullable();
    table.timestamp('at', { useTz: true }).notNullable().index();
    table.text('level').notNullable();
    table.text('step').notNullable();
    table.text('stream').comment('Null when the line concerns the whole run');
    table.text('text').notNullable();
    table.index(['run_id', 'id']);
  });
}

async function createWorkerProcesses(db: Knex): Promise<void> {
  await db.schema.createTable('worker_processes', (table) => {
    table.text('identity').primary().comment('As the worker polls Temporal');
    table.text('task_queue').notNullable();
    table.text('version').notNullable();
    table.timestamp('started_at', { useTz: true }).notNullable();
    table.timestamp('seen_at', { useTz: true }).notNullable();
    table.double('cpu_seconds').notNullable();
    table.bigInteger('memory_bytes').notNullable();
  });
}
