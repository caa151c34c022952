import type { Knex } from 'knex';
import { newId } from '../../platform/db/ids.js';
import type { ApiKeyRow, KeyScope } from '../../platform/db/rows.js';
import { generateKey, parseKey, secretMatches } from './key-format.js';

export interface KeyRequest {
  readonly workspaceId: string;
  readonly name: string;
  readonly scope: KeyScope;
  readonly expiresAt: Date | null;
}

const LAST_USED_RESOLUTION_MS = 60_000;

export class KeyStore {
  constructor(private readonly db: Knex) {}

  /** `text` is the key itself; it cannot be had again. */
  async create(request: KeyRequest): Promise<{ readonly row: ApiKeyRow; readonly text: string }> {
    const { text, prefix, hash } = generateKey();
    const [row] = await this.db<ApiKeyRow>('api_keys')
      .insert({
        id: newId('key'),
        workspace_id: request.workspaceId,
        name: request.name,
        scope: request.scope,
        expires_at: request.expiresAt,
        prefix,
        hash,
      })
      .returning('*');
    if (!row) throw new Error('insert returned no row');
    return { row, text };
  }

  /** The row of a key that is genuine, not revoked and not expired. */
  async verify(text: string, now: Date = new Date()): Promise<ApiKeyRow | undefined> {
    const presented = parseKey(text);
    if (!presented) return undefined;
    const row = await this.db<ApiKeyRow>('api_keys').where({ prefix: presented.prefix }).first();
    if (!row || !secretMatches(presented.secret, row.hash) || row.revoked_at) return undefined;
    if (row.expires_at && row.expires_at <= now) return undefined;
    await this.touch(row, now);
    return row;
  }

  async list(
    workspaceId: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<readonly ApiKeyRow[]> {
    const query = this.db<ApiKeyRow>('api_keys')
      .where({ workspace_id: workspaceId })
      .orderBy('id', 'desc')
      .limit(page.limit + 1);
    return page.after === undefined ? query : query.where('id', '<', page.after);
  }

  async revoke(workspaceId: string, id: string): Promise<ApiKeyRow | undefined> {
    const [row] = await this.db<ApiKeyRow>('api_keys')
      .where({ workspace_id: workspaceId, id })
      .update({ revoked_at: this.db.raw('coalesce(revoked_at, now())') as unknown as Date })
      .returning('*');
    return row;
  }

  /** At most one write a minute, however busy a key is. */
  private async touch(row: ApiKeyRow, now: Date): Promise<void> {
    if (row.last_used_at && now.getTime() - row.last_used_at.getTime() < LAST_USED_RESOLUTION_MS) return;
    await this.db<ApiKeyRow>('api_keys').where({ id: row.id }).update({ last_used_at: now });
  }
}
