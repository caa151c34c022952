/** So many requests in so much time. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
}

/** What a client is told with every answer. */
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  /** Whole requests that could follow at once. */
  readonly remaining: number;
  /** Until all of them are there again. */
  readonly resetSeconds: number;
  /** Until the next request is allowed; 0 when it is. */
  readonly retryAfterSeconds: number;
}

/** Credit is counted in requests × perMs: whole numbers, which no rounding wears away. */
interface Bucket {
  readonly credit: number;
  readonly atMs: number;
}

/** Above this number buckets that have filled up again are dropped: they are as good as new ones. */
const MANY = 10_000;

/** A token bucket for each key, in the memory of this process: full at first, filled again evenly. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #full: number;

  constructor(
    private readonly limit: RateLimit,
    private readonly now: () => number = Date.now,
  ) {
    this.#full = limit.requests * limit.perMs;
  }

  take(key: string): Allowance {
    const { requests, perMs } = this.limit;
    const atMs = this.now();
    const credit = this.creditOf(this.#buckets.get(key), atMs);
    const allowed = credit >= perMs;
    const left = allowed ? credit - perMs : credit;
    this.#buckets.set(key, { credit: left, atMs });
    if (this.#buckets.size > MANY) this.dropFull(atMs);
    return {
      allowed,
      limit: requests,
      remaining: Math.floor(left / perMs),
      resetSeconds: this.secondsFor(this.#full - left),
      retryAfterSeconds: allowed ? 0 : Math.max(1, this.secondsFor(perMs - left)),
    };
  }

  private creditOf(bucket: Bucket | undefined, atMs: number): number {
    if (!bucket) return this.#full;
    return Math.min(this.#full, bucket.credit + Math.max(0, atMs - bucket.atMs) * this.limit.requests);
  }

  private secondsFor(credit: number): number {
    return Math.ceil(credit / this.limit.requests / 1_000);
  }

  private dropFull(atMs: number): void {
    for (const [key, bucket] of this.#buckets) if (this.creditOf(bucket, atMs) >= this.#full) this.#buckets.delete(key);
  }
}
