import { describe, expect, test } from 'vitest';
import { RateLimiter } from './rate-limiter.js';

describe('the rate limiter', () => {
  let nowMs = 0;
  const limiter = (requests: number, perMs: number): RateLimiter => new RateLimiter({ requests, perMs }, () => nowMs);

  test('lets a burst through, then as many as fill up again', () => {
    const limits = limiter(3, 3_000);
    expect([1, 2, 3, 4].map(() => limits.take('a').allowed)).toEqual([true, true, true, false]);
    expect(limits.take('a')).toEqual({ allowed: false, limit: 3, remaining: 0, resetSeconds: 3, retryAfterSeconds: 1 });
    nowMs += 1_000;
    expect(limits.take('a')).toMatchObject({ allowed: true, remaining: 0, retryAfterSeconds: 0 });
    expect(limits.take('a').allowed).toBe(false);
    nowMs += 60_000;
    expect(limits.take('a')).toMatchObject({ allowed: true, remaining: 2, resetSeconds: 1 });
  });

  test('who keeps asking while refused is let through all the same when the time has come', () => {
    const limits = limiter(1, 1_000);
    expect(limits.take('a').allowed).toBe(true);
    const answers = Array.from({ length: 10 }, () => {
      nowMs += 100;
      return limits.take('a').allowed;
    });
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test('one key does not spend the requests of another', () => {
    const limits = limiter(1, 1_000);
    expect([limits.take('a'), limits.take('b'), limits.take('a')].map(({ allowed }) => allowed)).toEqual([true, true, false]);
  });

  test('a clock that goes back gives nothing and takes nothing', () => {
    const limits = limiter(2, 1_000);
    limits.take('a');
    nowMs -= 5_000;
    expect(limits.take('a')).toMatchObject({ allowed: true, remaining: 0 });
    expect(limits.take('a').allowed).toBe(false);
  });

  test('forgets keys that ask no more', () => {
    const limits = limiter(1, 1_000);
    for (let index = 0; index <= 10_000; index += 1) limits.take(`old ${index}`);
    nowMs += 2_000;
    limits.take('new');
    expect(limits.take('new').allowed).toBe(false);
    expect(limits.take('old 0').allowed).toBe(true);
  });
});
