import type { Knex } from 'knex';
import type { SchemaChange, StreamSchema } from '../../schema/schema-diff.js';

/** One version of a stream's columns, as a run met it. */
export interface SchemaVersion extends StreamSchema {
  readonly stream: string;
  readonly version: number;
  /** What is different from the accepted version before. */
  readonly changes: readonly SchemaChange[];
  /** A version that is not accepted changes nothing in the target. */
  readonly accepted: boolean;
  /** Number of the run that met it first. */
  readonly run: number;
  readonly seenAt: string;
}

interface SchemaRow {
  readonly connection_id: string;
  readonly stream: string;
  readonly version: number;
  readonly fields: SchemaVersion['fields'];
  readonly primary_key: readonly string[];
  readonly changes: readonly SchemaChange[];
  readonly accepted: boolean;
  readonly run: number;
  readonly seen_at: Date;
}

/** Oldest first; of all streams, or of one. */
export async function schemaVersions(db: Knex, connectionId: string, stream?: string): Promise<readonly SchemaVersion[]> {
  const rows = await db<SchemaRow>('stream_schemas')
    .where({ connection_id: connectionId, ...(stream === undefined ? {} : { stream }) })
    .orderBy(['stream', 'version']);
  return rows.map(versionOf);
}

function versionOf({ stream, version, fields, primary_key, changes, accepted, run, seen_at }: SchemaRow): SchemaVersion {
  return { stream, version, fields, primaryKey: primary_key, changes, accepted, run, seenAt: seen_at.toISOString() };
}

/** The same version again changes nothing. */
export async function recordSchema(db: Knex, connectionId: string, schema: Omit<SchemaVersion, 'seenAt'>): Promise<void> {
  const { stream, version, fields, primaryKey, changes, accepted, run } = schema;
  await db('stream_schemas')
    .insert({
      connection_id: connectionId,
      ...{ stream, version, accepted, run },
      fields: JSON.stringify(fields),
      primary_key: JSON.stringify(primaryKey),
      changes: JSON.stringify(changes),
    })
    .onConflict(['connection_id', 'stream', 'version'])
    .ignore();
}

/** From the next run on this version is what the target should be like. */
export async function acceptSchema(db: Knex, connectionId: string, { stream, version }: SchemaVersion): Promise<void> {
  await db<SchemaRow>('stream_schemas').where({ connection_id: connectionId, stream, version }).update({ accepted: true });
}
