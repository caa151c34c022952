import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../platform/logger/logger.js';
import type { ScheduleReconciler } from './reconciler.js';

export interface ReconcileLoopOptions {
  readonly everyMs: number;
  readonly log: Logger;
  readonly closing: AbortSignal;
}

/** Sooner than the next regular time: Temporal may only be late. */
const RETRY_MS = 15_000;

/** Reconciles at once and then again and again, until the API closes. @returns resolves when it has ended */
export async function reconcileForever(reconciler: ScheduleReconciler, options: ReconcileLoopOptions): Promise<void> {
  const { everyMs, log, closing } = options;
  for (let failures = 0; !closing.aborted;) {
    const error = await failureOf(() => reconciler.run());
    failures = error === undefined ? 0 : failures + 1;
    if (failures === 1 && !closing.aborted)
      log.warn('Schedules could not be compared with Temporal; it is tried again.', { error });
    await delay(failures > 0 ? Math.min(RETRY_MS, everyMs) : everyMs, undefined, { signal: closing }).catch(() => undefined);
  }
}

async function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error;
  }
}
