import { createHash, randomUUID } from 'node:crypto';
import { MillraceError } from '../../platform/errors/error.js';

export interface IdempotencyScope {
  /** Id of the API key: two clients may use the same key text without meeting. */
  readonly principal: string;
  /** Method and path with ids. */
  readonly route: string;
}

const ACCEPTED = /^[\x21-\x7e]{1,255}$/;

/**
 * The id under which Temporal remembers an update: the same request gives the same id, and so the same answer, however
 * often it is sent. Without a key every request is a new one.
 */
export function updateIdOf(scope: IdempotencyScope, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return `once-${randomUUID()}`;
  if (!ACCEPTED.test(idempotencyKey)) {
    throw new MillraceError('request.invalid', {
      detail: 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
      path: 'Idempotency-Key',
    });
  }
  const parts = [scope.principal, scope.route, idempotencyKey].map((part) => `${part.length}:${part}`);
  return `key-${createHash('sha256').update(parts.join('')).digest('hex')}`;
}
