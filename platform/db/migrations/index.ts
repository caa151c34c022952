import type { Knex } from 'knex';
import { coreTables } from './001-core-tables.js';
import { schedules } from './002-schedules.js';
import { steering } from './003-steering.js';
import { verification } from './004-verification.js';
import { rejects } from './005-rejects.js';
import { streamSchemas } from './006-stream-schemas.js';
import { events } from './009-events.js';
import { archive } from './010-archive.js';
import { workspaces } from './011-workspaces.js';
import { projectNames } from './012-project-names.js';
import { toldEnds } from './013-told-ends.js';
import { stageMarks } from './014-stage-marks.js';
import { resources } from './007-resources.js';

/** A step of the schema. Never changed once released: later steps only add. */
export interface Migration {
  readonly name: string;
  up(db: Knex): Promise<void>;
  down(db: Knex): Promise<void>;
}

export const MIGRATIONS: readonly Migration[] = [
  coreTables,
  schedules,
  steering,
  verification,
  rejects,
  streamSchemas,
  resources,
  events,
  archive,
  workspaces,
  projectNames,
  toldEnds,
  stageMarks,
];

/** Static instead of a folder of files: the same in `dist`, in tests and in a bundle, whatever the file extension. */
export const migrationSource: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...MIGRATIONS],
  getMigrationName: (migration) => migration.name,
  getMigration: async (migration) => ({ up: migration.up, down: migration.down }),
};
