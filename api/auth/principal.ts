import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DEFAULT_WORKSPACE } from '../../platform/db/ids.js';
import type { KeyScope } from '../../platform/db/rows.js';
import type { AuditEntry } from '../audit/audit-entry.js';

/** Who sent a request. */
export interface Principal {
  readonly keyId: string;
  /** A key sees its own workspace and no other. */
  readonly workspaceId: string;
  readonly scope: KeyScope;
  /** What the audit log will say of the request; see there. */
  readonly audit: AuditEntry;
}

/**
 * Undefined for whoever speaks for the whole installation: keys of the default workspace, where all of them begin. For others
 * the one workspace that they may look into.
 */
export function installationOrOwn({ workspaceId }: Pick<Principal, 'workspaceId'>): string | undefined {
  return workspaceId === DEFAULT_WORKSPACE ? undefined : workspaceId;
}

const principals = new WeakMap<FastifyRequest, Principal>();

export function rememberPrincipal(request: FastifyRequest, principal: Principal): void {
  principals.set(request, principal);
}

export function principalOf(request: FastifyRequest): Principal | undefined {
  return principals.get(request);
}

/** The principal of the request, in a handler behind the guard. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const principal = principals.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (!principal) throw new Error('a route that asks for its caller must not be open');
  return principal;
});
