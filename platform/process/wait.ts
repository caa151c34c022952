import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Pause between two looks; 20 ms when absent. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** Looks until `condition` holds; false when the time is over first. */
export async function until(condition: () => boolean | Promise<boolean>, options: WaitOptions): Promise<boolean> {
  const end = performance.now() + options.timeoutMs;
  while (!(await condition())) {
    options.signal?.throwIfAborted();
    if (performance.now() >= end) return false;
    await sleep(options.everyMs ?? 20);
  }
  return true;
}
