import type { Knex } from 'knex';
import { type SchemaVersion, acceptSchema, schemaVersions } from '../../platform/db/stream-schemas.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { Principal } from '../auth/principal.js';
import { type Page, wholePage } from '../http/pagination.js';
import type { ConnectionStore } from './connection-store.js';

/** What the columns of a connection's streams were, and which of their changes may reach the target. */
export class SchemaService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly db: Knex,
  ) {}

  async list({ workspaceId }: Principal, id: string, stream?: string): Promise<Page<SchemaVersion>> {
    await this.connections.get(workspaceId, id);
    return wholePage((await schemaVersions(this.db, id, stream)).toReversed());
  }

  /** @throws MillraceError `request.not_found`, `schema.nothing_to_accept` */
  async accept({ workspaceId, audit }: Principal, id: string, stream: string): Promise<SchemaVersion> {
    await this.connections.get(workspaceId, id);
    const newest = (await schemaVersions(this.db, id, stream)).at(-1);
    if (!newest) throw new MillraceError('request.not_found', { detail: `No run of ${id} has met a stream ${stream}.` });
    if (newest.accepted)
      throw new MillraceError('schema.nothing_to_accept', { detail: `Version ${newest.version} of ${stream} is accepted.` });
    await acceptSchema(this.db, id, newest);
    const version = { stream, version: newest.version };
    audit.note({ resource: id, before: { ...version, accepted: false }, after: { ...version, accepted: true } });
    return { ...newest, accepted: true };
  }
}
