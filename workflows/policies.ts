/**
 * Every timeout, heartbeat and retry policy of the engine.
 * @module
 */
import type { ActivityOptions } from '@temporalio/workflow';

/** Four missed heartbeats: a worker that died is noticed within ten seconds. */
const HEARTBEAT = '10 s';
/** Errors that a person must fix are not retried: activities say so themselves. */
const BACKOFF = { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '30 s' } as const;

export const POLICIES = {
  /** Short: a person waits for the answer, and nothing was read yet. */
  prepare: { startToCloseTimeout: '10 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 5 } },
  /** About four minutes of trying bridge a restart of the other system; the next run goes on from the ledger anyway. */
  extract: { startToCloseTimeout: '1 h', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 13 } },
  transform: { startToCloseTimeout: '30 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 4 } },
  load: { startToCloseTimeout: '1 h', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 13 } },
  locate: { startToCloseTimeout: '1 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 10 } },
  /** Writes where people look; it may wait long for the metadata database, the data is safe already. */
  finish: { startToCloseTimeout: '5 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 60 } },
  check: { startToCloseTimeout: '1 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 2 } },
  discover: { startToCloseTimeout: '10 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 2 } },
  requestScheduledSync: { startToCloseTimeout: '30 s', retry: { ...BACKOFF, maximumAttempts: 20 } },
} as const satisfies Record<string, ActivityOptions>;

/** Feeds of one run that are read at the same time. */
export const PARALLEL_FEEDS = 4;
export const CHECKPOINT_EVERY_MS = 30_000;
/** A feed whose slices are refused this often in a row does not find its place; something is wrong. */
export const MAX_RELOCATIONS = 5;
/** A tick that waits for its run asks again this often: the connection may have been lost meanwhile. */
export const TICK_ASKS_EVERY = '5 m';
/** How often it asks: a day in all. */
export const TICK_MAX_ASKS = 288;
