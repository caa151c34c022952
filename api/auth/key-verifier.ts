import type { Knex } from 'knex';
import { prepared } from '../../platform/db/direct.js';
import type { ApiKeyRow } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import { RateLimiter } from '../limits/rate-limiter.js';
import type { PresentedKey } from './key-format.js';
import { KnownKeys } from './known-keys.js';
import { hashSecret, isOldHash, secretMatches } from './secret-hash.js';
import { Turns } from './turns.js';

/** Of one prefix from one address. Who has the key needs one, and is remembered; others would only burn our processors. */
const ATTEMPTS = { requests: 10, perMs: 60_000 } as const;
/** Each takes a processor; two leave room for all else. */
const AT_ONCE = 2;
/** Those who wait for their turn; about two seconds. */
const MOST_WAITING = 100;

const KEY = { name: 'api key', text: 'select * from api_keys where prefix = $1' };

interface Attempt extends PresentedKey {
  readonly row: ApiKeyRow;
  readonly address: string;
}

/** Proves that a key is genuine. The row is read for each request: what is revoked or has expired is refused at once. */
export class KeyVerifier {
  readonly #known = new KnownKeys();
  readonly #attempts: RateLimiter;
  readonly #turns = new Turns(AT_ONCE, MOST_WAITING);
  /** Requests that come with the same key at the same time wait for one verification. */
  readonly #verifying = new Map<string, Promise<boolean>>();

  constructor(
    private readonly db: Knex,
    now: () => number = Date.now,
  ) {
    this.#attempts = new RateLimiter(ATTEMPTS, now);
  }

  /**
   * The row of a key that is genuine, not revoked and not expired.
   * @throws MillraceError `request.rate_limited` after too many wrong secrets
   */
  async verify(presented: PresentedKey, address: string, now: Date): Promise<ApiKeyRow | undefined> {
    const [row] = await prepared<ApiKeyRow>(this.db, KEY, [presented.prefix]);
    if (!row || row.revoked_at || (row.expires_at && row.expires_at <= now)) return undefined;
    return (await this.isGenuine({ ...presented, row, address })) ? row : undefined;
  }

  private async isGenuine(attempt: Attempt): Promise<boolean> {
    const mark = this.#known.markOf(`${attempt.prefix}_${attempt.secret}`);
    if (this.#known.has(mark, attempt.row.hash)) return true;
    const same = this.#verifying.get(mark);
    if (same) return same;
    const verifying = this.prove(mark, attempt).finally(() => this.#verifying.delete(mark));
    this.#verifying.set(mark, verifying);
    return verifying;
  }

  private async prove(mark: string, { secret, row, address }: Attempt): Promise<boolean> {
    const { allowed, retryAfterSeconds } = this.#attempts.take(`${row.prefix} ${address}`);
    if (!allowed) throw tooOften(retryAfterSeconds, 'Too many wrong secrets for this key.');
    return this.#turns.take(
      async () => {
        if (!(await secretMatches(secret, row.hash))) return false;
        this.#known.add(mark, isOldHash(row.hash) ? await this.replaceHash(row, secret) : row.hash);
        return true;
      },
      () => tooOften(1, 'Too many keys are verified at the moment.'),
    );
  }

  /** Another process may do the same meanwhile: then its hash is found, and verified, with the next request. */
  private async replaceHash({ id, hash: old }: ApiKeyRow, secret: string): Promise<string> {
    const hash = await hashSecret(secret);
    await this.db<ApiKeyRow>('api_keys').where({ id, hash: old }).update({ hash });
    return hash;
  }
}

function tooOften(retryAfterSeconds: number, detail: string): MillraceError {
  return new MillraceError('request.rate_limited', {
    detail: `${detail} Try again in ${retryAfterSeconds} s.`,
    facts: { retryAfterSeconds },
  });
}
