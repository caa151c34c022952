import type { Knex } from 'knex';

/** Any number, as long as no other program takes it in the same database. */
const RECONCILE_LOCK = 6_455_724_638;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Of many API processes only one reconciles at a time. The lock goes with the transaction, so also with a process that is
 * killed.
 * @returns undefined when another process has it and has not finished after `waitMs`
 */
export async function underReconcileLock<T>(db: Knex, waitMs: number, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await db.transaction(async (lock) => ((await take(lock, waitMs)) ? run() : undefined));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return undefined;
    throw error;
  }
}

async function take(lock: Knex.Transaction, waitMs: number): Promise<boolean> {
  if (waitMs > 0) {
    await lock.raw(`set local lock_timeout = ${Math.ceil(waitMs)}`);
    await lock.raw('select pg_advisory_xact_lock(?)', [RECONCILE_LOCK]);
    return true;
  }
  const { rows } = await lock.raw<{ rows: { taken: boolean }[] }>('select pg_try_advisory_xact_lock(?) as taken', [
    RECONCILE_LOCK,
  ]);
  return rows[0]?.taken === true;
}
