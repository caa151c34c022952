import type { Knex } from 'knex';
import type { Migration } from './index.js';

/** What the API keeps about requests (who changed what, what a repeated one is answered), labels, and indexes for lists. */
export const resources: Migration = {
  name: '007-resources',
  async up(db) {
    await createAudit(db);
    await createIdempotencyKeys(db);
    for (const table of LABELLED) await addLabels(db, table);
    for (const [name, on] of INDEXES) await db.raw(`create index ${name} on ${on}`);
    await db.schema.alterTable('api_keys', (table) => {
      table.text('rotated_from').comment('Id of the key that this one replaces');
    });
  },
  async down(db) {
    await db.schema.alterTable('api_keys', (table) => table.dropColumn('rotated_from'));
    for (const [name] of INDEXES) await db.raw(`drop index if exists ${name}`);
    for (const table of LABELLED) await db.schema.alterTable(table, (columns) => columns.dropColumn('labels'));
    await db.schema.dropTableIfExists('idempotency_keys');
    await db.schema.dropTableIfExists('audit');
  },
};

const LABELLED = ['sources', 'destinations', 'connections'] as const;

/** Each ends in the id, which makes the order of a list complete: one index serves both directions. */
const INDEXES: readonly (readonly [name: string, on: string])[] = [
  ...LABELLED.flatMap((table) => [
    [`${table}_by_name`, `${table} (workspace_id, lower(name), id)`] as const,
    [`${table}_by_change`, `${table} (workspace_id, updated_at, id)`] as const,
    [`${table}_by_label`, `${table} using gin (labels)`] as const,
  ]),
  ['runs_by_connection', 'runs (connection_id, id)'],
  ['runs_by_status', 'runs (workspace_id, status, id)'],
  ['runs_by_start', "runs (workspace_id, coalesce(started_at, 'infinity'), id)"],
  ['runs_by_end', "runs (workspace_id, coalesce(ended_at, 'infinity'), id)"],
];

async function createAudit(db: Knex): Promise<void> {
  await db.schema.createTable('audit', (table) => {
    table.text('id').primary();
    table.text('workspace_id').notNullable();
    table.text('key_id').notNullable();
    table.text('key_name').notNullable().comment('As it was then');
    table.text('method').notNullable();
    table.text('route').notNullable().comment('As the OpenAPI document names it');
    table.text('resource').comment('Id of what was changed; null when there was none');
    table.integer('status').notNullable().comment('Of the answer');
    table.text('request_id').notNullable();
    table.jsonb('before').comment('Without secrets');
    table.jsonb('after').comment('Without secrets');
    table.timestamp('at', { useTz: true }).notNullable();
    table.index(['workspace_id', 'id']);
    table.index(['workspace_id', 'resource', 'id']);
    table.index(['workspace_id', 'key_id', 'id']);
  });
}

async function createIdempotencyKeys(db: Knex): Promise<void> {
  await db.schema.createTable('idempotency_keys', (table) => {
    table.text('id').primary().comment('Hash of API key, method, path and Idempotency-Key');
    table.text('body_hash').notNullable();
    table.text('state').notNullable().comment('in_flight, open: may be tried again, or done');
    table.text('holder').notNullable().comment('Which request holds it while it is in flight');
    table.timestamp('held_until', { useTz: true }).notNullable().comment('Pushed on while the request lives');
    table.integer('status');
    table.jsonb('answer').comment('Headers and body, sealed: an answer may hold a new API key');
    table.timestamp('expires_at', { useTz: true }).notNullable().index();
  });
}

async function addLabels(db: Knex, table: string): Promise<void> {
  await db.schema.alterTable(table, (columns) => {
    columns.jsonb('labels').notNullable().defaultTo('{}');
  });
}
