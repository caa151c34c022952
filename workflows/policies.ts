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
  /** Each stream can still begin by itself. */
  extractTogether: { startToCloseTimeout: '1 h', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 3 } },
  transform: { startToCloseTimeout: '30 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 4 } },
  load: { startToCloseTimeout: '1 h', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 13 } },
  locate: { startToCloseTimeout: '1 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 10 } },
  /** Reads whole tables on both sides, and changes nothing. */
  verify: { startToCloseTimeout: '6 h', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 8 } },
  /** Writes where people look; it may wait long for the metadata database, the data is safe already. */
  finish: { startToCloseTimeout: '5 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 60 } },
  check: { startToCloseTimeout: '1 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 2 } },
  discover: { startToCloseTimeout: '10 m', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 2 } },
  /** Somebody waits, and may ask again. */
  preview: { startToCloseTimeout: '50 s', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 2 } },
  /** Before anything else is answered; without the destination nothing would be. */
  recover: { startToCloseTimeout: '20 s', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 2 } },
  record: { startToCloseTimeout: '30 s', heartbeatTimeout: HEARTBEAT, retry: { ...BACKOFF, maximumAttempts: 20 } },
  requestScheduledSync: { startToCloseTimeout: '30 s', retry: { ...BACKOFF, maximumAttempts: 20 } },
} as const satisfies Record<string, ActivityOptions>;

/** Streams that are compared side by side. */
export const PARALLEL_VERIFICATIONS = 2;
/** Temporal suggests to continue as new at 4,096 events, warns at 10,240 and ends a workflow at 51,200. */
export const MAX_HISTORY_EVENTS = 4_000;
export const CHECKPOINT_EVERY_MS = 30_000;
/** A feed whose slices are refused this often with nothing loaded in between does not find its place. */
export const MAX_RELOCATIONS = 5;
/** A tick that waits for its run asks again this often: the connection may have been lost meanwhile. */
export const TICK_ASKS_EVERY = '5 m';
/** How often it asks: a day in all. */
export const TICK_MAX_ASKS = 288;
