import type { Knex } from 'knex';
import { newId } from '../../platform/db/ids.js';
import type { ApiKeyRow, KeyScope } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { KeyList } from '../api-keys/key-schemas.js';
import { type Listed, byText, listPage, orNever, whereNameHolds } from '../lists/list-sql.js';
import { type PresentedKey, generateKey } from './key-format.js';
import { KeyVerifier } from './key-verifier.js';
import { hashSecret } from './secret-hash.js';

export interface KeyRequest {
  readonly workspaceId: string;
  readonly name: string;
  readonly scope: KeyScope;
  readonly expiresAt: Date | null;
  /** The key that it replaces. */
  readonly rotatedFrom?: string;
}

export interface Rotation {
  /** How long the old key still works. */
  readonly overlapMs: number;
  /** Of the new key; lives as long as the old one was to when absent. */
  readonly expiresAt?: Date | null;
}

export interface NewKeyRow {
  readonly row: ApiKeyRow;
  /** The key itself. */
  readonly text: string;
}

/** What is to be written together with a change: `row` as it is then, `before` as it was. */
export type RecordKey = (tx: Knex, row: ApiKeyRow, before?: ApiKeyRow) => Promise<void>;

const LISTED = {
  name: 'api_keys',
  sorts: {
    name: byText('api_keys.name'),
    expiresAt: orNever('api_keys.expires_at'),
    lastUsedAt: orNever('api_keys.last_used_at'),
  },
};

const ALONE: RecordKey = async () => undefined;
const LAST_USED_RESOLUTION_MS = 60_000;

export class KeyStore {
  readonly #verifier: KeyVerifier;

  constructor(private readonly db: Knex) {
    this.#verifier = new KeyVerifier(db);
  }

  /** `text` is the key itself; it cannot be had again. */
  async create(request: KeyRequest, record: RecordKey = ALONE): Promise<NewKeyRow> {
    return this.db.transaction(async (tx) => {
      const made = await insertKey(tx, request);
      await record(tx, made.row);
      return made;
    });
  }

  /**
   * The row of a key that is genuine, not revoked and not expired. `address` is where the request comes from.
   * @throws MillraceError `request.rate_limited` after too many wrong secrets from there
   */
  async verify(presented: PresentedKey, address: string): Promise<ApiKeyRow | undefined> {
    const now = new Date();
    const row = await this.#verifier.verify(presented, address, now);
    if (row) await this.touch(row, now);
    return row;
  }

  async list(workspaceId: string, list: KeyList): Promise<readonly Listed<ApiKeyRow>[]> {
    const { scope, revoked, search } = list;
    return this.db('api_keys')
      .select('api_keys.*')
      .where({ workspace_id: workspaceId, ...(scope === undefined ? {} : { scope }) })
      .modify((query) => {
        if (revoked !== undefined) void (revoked ? query.whereNotNull('revoked_at') : query.whereNull('revoked_at'));
        whereNameHolds(query, 'api_keys.name', search);
        listPage(query, list, LISTED);
      });
  }

  /**
   * Makes a key of the same name and scope; the old one ends when the overlap does, or earlier if it was to anyway.
   * @throws MillraceError `request.not_found`, `request.conflict` for a key that works no more
   */
  async rotate(workspaceId: string, id: string, { overlapMs, expiresAt }: Rotation, record: RecordKey): Promise<NewKeyRow> {
    return this.db.transaction(async (tx) => {
      const old = await lockKey(tx, workspaceId, id);
      const now = new Date();
      assertWorks(old, now);
      const { name, scope } = old;
      const newEnd = expiresAt === undefined ? sameLifetime(old, now) : expiresAt;
      const made = await insertKey(tx, { workspaceId, name, scope, expiresAt: newEnd, rotatedFrom: id });
      const end = Math.min(now.getTime() + overlapMs, old.expires_at?.getTime() ?? Infinity);
      await keys(tx)
        .where({ id })
        .update({ expires_at: new Date(end) });
      await record(tx, made.row, old);
      return made;
    });
  }

  /** Once more is not twice. @throws MillraceError `request.not_found` */
  async revoke(workspaceId: string, id: string, record: RecordKey): Promise<void> {
    await this.db.transaction(async (tx) => {
      const row = await lockKey(tx, workspaceId, id);
      const [revoked] = row.revoked_at ? [row] : await keys(tx).where({ id }).update({ revoked_at: new Date() }).returning('*');
      if (revoked) await record(tx, revoked, row);
    });
  }

  /** At most one write a minute, however busy a key is. */
  private async touch(row: ApiKeyRow, now: Date): Promise<void> {
    if (row.last_used_at && now.getTime() - row.last_used_at.getTime() < LAST_USED_RESOLUTION_MS) return;
    await this.db<ApiKeyRow>('api_keys').where({ id: row.id }).update({ last_used_at: now });
  }
}

const keys = (db: Knex): Knex.QueryBuilder<ApiKeyRow, ApiKeyRow[]> =>
  db<ApiKeyRow>('api_keys') as Knex.QueryBuilder<ApiKeyRow, ApiKeyRow[]>;

/** In the transaction of whatever else the key belongs to. */
export async function insertKey(db: Knex, request: KeyRequest): Promise<NewKeyRow> {
  const { text, prefix, secret } = generateKey();
  const hash = await hashSecret(secret);
  const [row] = await keys(db)
    .insert({
      id: newId('key'),
      workspace_id: request.workspaceId,
      name: request.name,
      scope: request.scope,
      expires_at: request.expiresAt,
      rotated_from: request.rotatedFrom ?? null,
      prefix,
      hash,
    })
    .returning('*');
  if (!row) throw new Error('insert returned no row');
  return { row, text };
}

/** Nobody else changes it until the transaction ends. */
async function lockKey(tx: Knex, workspaceId: string, id: string): Promise<ApiKeyRow> {
  const row = await keys(tx).where({ workspace_id: workspaceId, id }).forUpdate().first();
  if (row) return row;
  throw new MillraceError('request.not_found', { detail: `There is no API key ${id}.` });
}

function assertWorks({ id, revoked_at: revoked, expires_at: expires }: ApiKeyRow, now: Date): void {
  if (!revoked && !(expires && expires <= now)) return;
  throw new MillraceError('request.conflict', {
    detail: `The key ${id} is ${revoked ? 'revoked' : 'expired'}: there is nothing to rotate.`,
    suggestion: 'Create a new key.',
  });
}

function sameLifetime({ expires_at: expires, created_at: created }: ApiKeyRow, now: Date): Date | null {
  return expires && new Date(now.getTime() + expires.getTime() - created.getTime());
}
