import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitForOptions {
  /** For the error message: "the run ends". */
  readonly what?: string;
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Looks until `condition` gives something truthy, and returns it. What it throws counts as "not yet", and is shown when the
 * time is over.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitForOptions = {}): Promise<NonNullable<T>> {
  const { what = 'the condition holds', timeoutMs = 15_000, everyMs = 50 } = options;
  const end = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const found = await condition();
      if (found) return found as NonNullable<T>;
      last = found;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  }
  throw new Error(`waited ${timeoutMs} ms until ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
}
