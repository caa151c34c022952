import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../platform/logger/logger.js';
import type { LogStore } from './log-store.js';

export interface RetentionOptions {
  readonly keepMs: number;
  readonly log: Logger;
  readonly closing: AbortSignal;
}

const HOUR_MS = 3_600_000;

/** Removes old lines at once and then every hour, until the API closes; what one process removes, others find gone. */
export async function removeOldLogs(store: Pick<LogStore, 'removeBefore'>, options: RetentionOptions): Promise<void> {
  const { keepMs, log, closing } = options;
  while (!closing.aborted) {
    await store.removeBefore(new Date(Date.now() - keepMs)).catch((error: unknown) => {
      if (!closing.aborted) log.warn('Old lines of runs could not be removed; it is tried again.', { error });
    });
    await delay(Math.min(HOUR_MS, keepMs), undefined, { signal: closing }).catch(() => undefined);
  }
}
