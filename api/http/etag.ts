import { MillraceError } from '../../platform/errors/error.js';

/** Strong: every change of a resource gives it another revision. */
export function etagOf(resource: { readonly id: string; readonly revision: number }): string {
  return `"${resource.id}.${resource.revision}"`;
}

/** @throws MillraceError `request.stale` when the client changes something else than what it read. */
export function assertMatches(ifMatch: string | undefined, resource: { readonly id: string; readonly revision: number }): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const current = etagOf(resource);
  if (ifMatch.split(',').some((tag) => tag.trim() === current)) return;
  throw new MillraceError('request.stale', { detail: `${resource.id} is now ${current}, not ${ifMatch}.` });
}
