import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../platform/logger/logger.js';

/** Something that is kept for a time only. */
export interface Keeper {
  /** In the log, when it fails: `audit entries`. */
  readonly what: string;
  /** Removes what is too old. */
  sweep(): Promise<unknown>;
}

export interface HousekeepingOptions {
  readonly everyMs: number;
  readonly log: Logger;
  readonly closing: AbortSignal;
}

/** Sweeps at once and then again and again, until the API closes. One keeper that fails does not stop the others. */
export async function sweepForever(keepers: readonly Keeper[], { everyMs, log, closing }: HousekeepingOptions): Promise<void> {
  while (!closing.aborted) {
    for (const keeper of keepers) {
      await keeper.sweep().catch((error: unknown) => {
        if (!closing.aborted) log.warn(`Old ${keeper.what} could not be removed; it is tried again.`, { error });
      });
    }
    await delay(everyMs, undefined, { signal: closing }).catch(() => undefined);
  }
}
