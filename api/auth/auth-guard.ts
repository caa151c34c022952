import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKeyRow, KeyScope } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import { beginAudit } from '../audit/audit-hook.js';
import type { Allowance, RateLimiter } from '../limits/rate-limiter.js';
import { parseKey } from './key-format.js';
import type { KeyStore } from './key-store.js';
import { rememberPrincipal } from './principal.js';
import { OPEN_METADATA, SCOPE_METADATA, scopeAllows } from './scope.js';

/** Every route needs a key, but for those marked open. There is no way to switch this off. */
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: KeyStore,
    private readonly limiter: RateLimiter | undefined,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(OPEN_METADATA, targets)) return true;
    const needed = this.reflector.getAllAndOverride<KeyScope | undefined>(SCOPE_METADATA, targets) ?? 'admin';
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = await authenticate(this.keys, request);
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const audit = beginAudit(request, reply, key);
    if (this.limiter) spend(this.limiter.take(key.id), reply);
    if (!scopeAllows(key.scope, needed)) throw forbidden(key.scope, needed);
    rememberPrincipal(request, { keyId: key.id, workspaceId: key.workspace_id, scope: key.scope, audit });
    return true;
  }
}

export type KeyedRequest = Pick<FastifyRequest, 'headers' | 'ip'>;

/** @throws MillraceError `request.unauthenticated` unless the key is genuine and stands, `request.rate_limited` */
export async function authenticate(keys: Pick<KeyStore, 'verify'>, request: KeyedRequest): Promise<ApiKeyRow> {
  const presented = parseKey(bearerToken(request));
  if (!presented) throw mistyped();
  const key = await keys.verify(presented, request.ip);
  if (!key) throw unauthenticated('The API key is unknown, expired or revoked.');
  return key;
}

/** By the header names that are in common use. @throws MillraceError `request.rate_limited` */
function spend({ allowed, limit, remaining, resetSeconds, retryAfterSeconds }: Allowance, reply: FastifyReply): void {
  void reply.headers({ 'RateLimit-Limit': limit, 'RateLimit-Remaining': remaining, 'RateLimit-Reset': resetSeconds });
  if (allowed) return;
  throw new MillraceError('request.rate_limited', {
    detail: `The key may ask again in ${retryAfterSeconds} s.`,
    facts: { retryAfterSeconds },
  });
}

export function bearerToken(request: Pick<FastifyRequest, 'headers'>): string {
  const header = request.headers.authorization;
  const [, token] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
  if (token === undefined) throw unauthenticated('The request has no API key.');
  return token;
}

function unauthenticated(detail: string): MillraceError {
  return new MillraceError('request.unauthenticated', { detail });
}

function mistyped(): MillraceError {
  return new MillraceError('request.unauthenticated', {
    detail: 'This is no API key: it is mistyped, or was not copied whole.',
    suggestion: 'Copy the key again: mrk_, 16 characters, _, and up to 58 characters.',
  });
}

export function forbidden(has: KeyScope, needed: KeyScope): MillraceError {
  return new MillraceError('request.forbidden', {
    detail: `This needs the scope '${needed}'; the key has '${has}'.`,
    suggestion: `Use a key with the scope '${needed}'.`,
  });
}
