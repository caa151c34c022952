import { timingSafeEqual, createHash } from 'node:crypto';
import { type KeyedRequest, authenticate, bearerToken, forbidden } from '../auth/auth-guard.js';
import type { KeyStore } from '../auth/key-store.js';
import { scopeAllows } from '../auth/scope.js';

/** Which workspace's numbers a request may see; all of the installation where none is named. */
export interface Scrape {
  readonly workspaceId?: string;
}

/** An API key sees the numbers of its workspace; the scrape token of the settings those of all, and nothing else anywhere. */
export class ScrapeAccess {
  constructor(
    private readonly keys: Pick<KeyStore, 'verify'>,
    private readonly token: string | undefined,
  ) {}

  /** @throws MillraceError `request.unauthenticated`, `request.forbidden` */
  async of(request: KeyedRequest): Promise<Scrape> {
    const given = bearerToken(request);
    if (this.token !== undefined && sameText(given, this.token)) return {};
    const key = await authenticate(this.keys, request);
    if (!scopeAllows(key.scope, 'read')) throw forbidden(key.scope, 'read');
    return { workspaceId: key.workspace_id };
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
