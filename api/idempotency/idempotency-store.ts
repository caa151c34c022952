import { createHmac } from 'node:crypto';
import type { Knex } from 'knex';
import { canonicalJson } from '../../checkpoint/position.js';
import type { IdempotencyRow } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import { isEnvelope, openSecret, sealSecret } from '../../platform/secrets/envelope.js';
import type { KeyRing } from '../../platform/secrets/key-ring.js';

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Who carries out a request: nobody else may say how it ended. */
export interface Claim {
  readonly id: string;
  readonly holder: string;
}

/** A request whose process was killed is given up after this time. */
export const HELD_MS = 30_000;

const KEPT = '24 hours';

const FREE = `known.expires_at < now() or (known.body_hash = any(?)
  and (known.state = 'open' or (known.state = 'in_flight' and known.held_until < now())))`;

/** Requests that carry an Idempotency-Key, with what they were answered. */
export class IdempotencyStore {
  constructor(
    private readonly db: Knex,
    private readonly ring: KeyRing,
  ) {}

  /**
   * Claims the request, or says what it was answered before.
   * @throws MillraceError `request.key_reused` for another body, `request.in_flight` while it is carried out
   */
  async begin(claim: Claim, body: unknown): Promise<KeptAnswer | undefined> {
    const hashes = this.hashesOf(body);
    for (;;) {
      if (await this.claim(claim, hashes)) return undefined;
      const row = await this.rows().where({ id: claim.id }).first();
      if (row) return this.answerOf(row, hashes); // else it was released a moment ago
    }
  }

  /** Says that the request is still being carried out. */
  async hold({ id, holder }: Claim): Promise<void> {
    await this.rows().where({ id, holder, state: 'in_flight' }).update({ held_until: this.soon() });
  }

  async finish({ id, holder }: Claim, { status, headers, body }: KeptAnswer): Promise<void> {
    const answer = JSON.stringify(sealSecret({ headers, body: body ?? null }, this.ring));
    await this.rows().where({ id, holder }).update({ state: 'done', status, answer });
  }

  /** The request was refused: nothing has happened, and the key may be used for another one. */
  async forget({ id, holder }: Claim): Promise<void> {
    await this.rows().where({ id, holder }).delete();
  }

  /** Nobody knows what has happened: the same request may be sent again, and no other. */
  async reopen({ id, holder }: Claim): Promise<void> {
    await this.rows().where({ id, holder }).update({ state: 'open' });
  }

  async removeExpired(): Promise<number> {
    return this.rows().where('expires_at', '<', this.db.fn.now()).delete();
  }

  /** A key that nobody used, that has expired, or whose same request has failed or lost its process. */
  private async claim({ id, holder }: Claim, hashes: readonly string[]): Promise<boolean> {
    const row = { id, holder, body_hash: hashes[0], state: 'in_flight', held_until: this.soon(), expires_at: this.expiry() };
    const claimed = await this.db('idempotency_keys as known')
      .insert({ ...row, status: null, answer: null })
      .onConflict('id')
      .merge()
      .whereRaw(FREE, [[...hashes]])
      .returning('id');
    return claimed.length > 0;
  }

  private answerOf(row: IdempotencyRow, hashes: readonly string[]): KeptAnswer {
    if (!hashes.includes(row.body_hash))
      throw new MillraceError('request.key_reused', {
        detail: 'The Idempotency-Key was used with another body.',
        path: 'Idempotency-Key',
      });
    if (row.state !== 'done' || row.status === null || !isEnvelope(row.answer))
      throw new MillraceError('request.in_flight', {
        detail: 'The same request is being carried out.',
        path: 'Idempotency-Key',
        facts: { retryAfterSeconds: 1 },
      });
    const { headers, body } = openSecret(row.answer, this.ring) as Pick<KeptAnswer, 'headers' | 'body'>;
    return { status: row.status, headers, body };
  }

  /**
   * Keyed, because a body may hold a password that can be guessed; by each key of the ring, because a request may come again
   * after a rotation. No body is as good as an empty one.
   */
  private hashesOf(body: unknown): readonly string[] {
    const text = canonicalJson(body ?? {});
    return this.ring.all.map((key) => createHmac('sha256', key).update(text).digest('hex'));
  }

  private rows(): Knex.QueryBuilder<IdempotencyRow, IdempotencyRow[]> {
    return this.db<IdempotencyRow>('idempotency_keys') as Knex.QueryBuilder<IdempotencyRow, IdempotencyRow[]>;
  }

  private soon(): Knex.Raw<Date> {
    return this.db.raw(`now() + interval '${HELD_MS} milliseconds'`);
  }

  private expiry(): Knex.Raw<Date> {
    return this.db.raw(`now() + interval '${KEPT}'`);
  }
}
