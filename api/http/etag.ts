import { hash } from 'node:crypto';
import { MillraceError } from '../../platform/errors/error.js';

/** Strong: every change of a resource gives it another revision. */
export function etagOf(resource: { readonly id: string; readonly revision: number }): string {
  return `"${resource.id}.${resource.revision}"`;
}

/**
 * @throws MillraceError `request.stale` when the client changes something else than what it read,
 * `request.precondition_required` when it does not say what it has read
 */
export function assertMatches(ifMatch: string | undefined, resource: { readonly id: string; readonly revision: number }): void {
  const asked = ifMatch?.trim() ?? '';
  if (asked === '') {
    throw new MillraceError('request.precondition_required', {
      detail: `To change or delete ${resource.id}, send the ETag that was read as If-Match.`,
      path: 'If-Match',
    });
  }
  const current = etagOf(resource);
  if (asked === '*' || tagsOf(asked).includes(current)) return;
  throw new MillraceError('request.stale', { detail: `${resource.id} is now ${current}, not ${asked}.` });
}

/** For what has no revision: the same for the same content. */
export function contentEtag(body: unknown): string {
  return `"${hash('sha256', JSON.stringify(body), 'base64url').slice(0, 27)}"`;
}

/** Whether an If-None-Match names what the client would get. Weak comparison, as RFC 9110 wants it. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.trim() === '*' || tagsOf(ifNoneMatch).some((tag) => tag.replace(/^W\//, '') === etag);
}

function tagsOf(header: string): readonly string[] {
  return header.split(',').map((tag) => tag.trim());
}
