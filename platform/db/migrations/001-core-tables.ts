import type { Knex } from 'knex';
import { DEFAULT_WORKSPACE } from '../ids.js';
import type { Migration } from './index.js';

/**
 * Workspaces, connectors' configurations, connections with their versions, API keys, and the projection of runs.
 *
 * `runs` and `run_streams` have no foreign keys on purpose: they are written by activities that may outlive a deleted
 * connection, in any order, and can be thrown away and rebuilt.
 */
export const coreTables: Migration = {
  name: '001-core-tables',
  async up(db) {
    await createWorkspaces(db);
    await createConnectorTable(db, 'sources');
    await createConnectorTable(db, 'destinations');
    await createConnections(db);
    await createApiKeys(db);
    await createRuns(db);
  },
  async down(db) {
    for (const table of [
      'run_streams',
      'runs',
      'api_keys',
      'connection_versions',
      'connections',
      'destinations',
      'sources',
      'workspaces',
    ]) {
      await db.schema.dropTableIfExists(table);
    }
  },
};

async function createWorkspaces(db: Knex): Promise<void> {
  await db.schema.createTable('workspaces', (table) => {
    table.text('id').primary();
    table.text('name').notNullable();
    createdAt(db, table);
  });
  await db('workspaces').insert({ id: DEFAULT_WORKSPACE, name: 'default' });
}

async function createConnectorTable(db: Knex, name: 'sources' | 'destinations'): Promise<void> {
  await db.schema.createTable(name, (table) => {
    owned(table);
    table.text('name').notNullable();
    table.text('connector').notNullable();
    table.jsonb('config').notNullable().comment('Secrets inside are AES-256-GCM envelopes');
    revised(db, table);
  });
}

async function createConnections(db: Knex): Promise<void> {
  await db.schema.createTable('connections', (table) => {
    owned(table);
    table.text('name').notNullable();
    table.text('source_id').notNullable().references('sources.id').onDelete('RESTRICT');
    table.text('destination_id').notNullable().references('destinations.id').onDelete('RESTRICT').index();
    table.integer('version').notNullable().comment('The newest row of connection_versions');
    table.boolean('paused').notNullable().defaultTo(false).comment('For lists; the workflow is the truth');
    revised(db, table);
    table.index(['source_id']);
  });
  await db.schema.createTable('connection_versions', (table) => {
    table.text('connection_id').notNullable().references('connections.id').onDelete('CASCADE');
    table.integer('version').notNullable();
    table.jsonb('config').notNullable();
    createdAt(db, table);
    table.primary(['connection_id', 'version']);
  });
}

async function createApiKeys(db: Knex): Promise<void> {
  await db.schema.createTable('api_keys', (table) => {
    owned(table);
    table.text('name').notNullable();
    table.text('prefix').notNullable().unique().comment('The public part of the key: finds the row');
    table.text('hash').notNullable().comment('SHA-256 of the secret part');
    table.text('scope').notNullable();
    table.timestamp('expires_at', { useTz: true });
    table.timestamp('last_used_at', { useTz: true });
    table.timestamp('revoked_at', { useTz: true });
    createdAt(db, table);
  });
}

async function createRuns(db: Knex): Promise<void> {
  await db.schema.createTable('runs', (table) => {
    table.text('id').primary();
    table.text('workspace_id').notNullable();
    table.text('connection_id').notNullable();
    table.integer('connection_version').comment('The version the run pinned; null until it was prepared');
    table.bigInteger('number').notNullable();
    table.text('trigger').notNullable();
    table.text('status').notNullable();
    table.text('workflow_id').notNullable();
    table.timestamp('started_at', { useTz: true });
    table.timestamp('ended_at', { useTz: true });
    table.jsonb('error');
    createdAt(db, table);
    table.index(['workspace_id', 'id']);
    table.index(['connection_id', 'number']);
  });
  await db.schema.createTable('run_streams', (table) => {
    table.text('run_id').notNullable();
    table.text('name').notNullable();
    table.text('step').notNullable();
    table.text('status').notNullable();
    for (const fate of ['extracted', 'repeated', 'filtered', 'loaded', 'rejected', 'superseded']) {
      table.bigInteger(`rows_${fate}`).notNullable().defaultTo(0);
    }
    table.bigInteger('bytes').notNullable().defaultTo(0);
    table.bigInteger('slices').notNullable().defaultTo(0);
    table.jsonb('cursor');
    table.jsonb('error');
    table.jsonb('notes').notNullable().defaultTo('[]');
    table.primary(['run_id', 'name']);
  });
}

function owned(table: Knex.CreateTableBuilder): void {
  table.text('id').primary();
  table.text('workspace_id').notNullable().references('workspaces.id').onDelete('RESTRICT').index();
}

function revised(db: Knex, table: Knex.CreateTableBuilder): void {
  table.integer('revision').notNullable().defaultTo(1).comment('Counts every change: the ETag');
  createdAt(db, table);
  table.timestamp('updated_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
}

function createdAt(db: Knex, table: Knex.CreateTableBuilder): void {
  table.timestamp('created_at', { useTz: true }).notNullable().defaultTo(db.fn.now());
}
