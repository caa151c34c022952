import { proxyActivities } from '@temporalio/workflow';
import type { Activities, Recovered, TripBreakerInput } from '../activities/contract.js';
import type { ConnectionState } from './connection-state.js';
import { UNEXPLAINED } from './failures.js';
import { POLICIES } from './policies.js';
import type { SyncResult } from './sync-types.js';

/** What a connection does besides its runs. */

const activities = proxyActivities<Activities>(POLICIES.recover);
export const { recordStateChange } = proxyActivities<Activities>(POLICIES.record);
const { tripBreaker, closeBreaker } = proxyActivities<Activities>(POLICIES.record);

const UNKNOWN: Recovered = { epoch: 0, revision: 0, paused: false, pauseNote: null, tripped: null, feeds: {} };

/** Without the destination nothing is known; the next run then takes its places from the ledger by itself. */
export async function recover(connectionId: string): Promise<Recovered> {
  return activities.recover({ connectionId }).catch(() => UNKNOWN);
}

type Breaker = Pick<ConnectionState, 'failures' | 'tripped'>;

/** Counts failed runs; a schedule whose runs fail again and again pauses itself, and one that succeeds lets it go on. */
export async function breakerAfter(connectionId: string, { failures, tripped }: Breaker, run: SyncResult): Promise<Breaker> {
  if (run.status === 'cancelled') return { failures, tripped };
  if (run.status === 'failed') {
    const failed = { connectionId, failures: failures + 1, cause: run.error ?? UNEXPLAINED };
    return { failures: failed.failures, tripped: tripped ?? (await trip(failed)) };
  }
  if (tripped !== null) await closeBreaker({ connectionId }).catch(() => undefined);
  return { failures: 0, tripped: null };
}

/** When it cannot be done the next failed run does it. */
function trip(input: TripBreakerInput): Promise<string | null> {
  return tripBreaker(input).catch(() => null);
}
