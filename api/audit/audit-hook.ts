import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Knex } from 'knex';
import type { ApiKeyRow } from '../../platform/db/rows.js';
import { AuditEntry } from './audit-entry.js';

const READS = ['GET', 'HEAD', 'OPTIONS'];

const entries = new WeakMap<FastifyRequest, AuditEntry>();

/** Begins the entry of a request whose key is known; what comes before is nobody's. */
export function beginAudit(request: FastifyRequest, reply: FastifyReply, key: ApiKeyRow): AuditEntry {
  const entry = new AuditEntry({
    workspaceId: key.workspace_id,
    keyId: key.id,
    keyName: key.name,
    method: request.method,
    route: request.routeOptions.url ?? '',
    resource: (request.params as { readonly id?: string } | undefined)?.id?.replaceAll('\0', ''),
    requestId: request.id,
    status: () => reply.statusCode,
  });
  if (!READS.includes(request.method)) entries.set(request, entry);
  return entry;
}

/** Not of requests that asked too often: who does that would fill the log as well. */
const NOT_LOGGED = [429];

/** Finishes the entry before the answer goes out: who reads the log after it finds it there. */
export function finishAudits(server: FastifyInstance, db: Knex, reportFault: (requestId: string, error: unknown) => void): void {
  server.addHook('onSend', (request, reply, _payload, done) => {
    const entry = entries.get(request);
    entries.delete(request);
    if (!entry || NOT_LOGGED.includes(reply.statusCode)) return done();
    entry
      .finish(db)
      .catch((error: unknown) => reportFault(request.id, error))
      .then(() => done(), done);
  });
}
