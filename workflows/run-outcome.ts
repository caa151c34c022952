import type { RunLimits } from '../activities/contract.js';
import type { RunStatus } from './messages.js';
import { count } from './steps-text.js';
import type { EndedStreams, FeedResult, StopReason } from './sync-types.js';

export const NOTHING_ENDED: EndedStreams = {
  streams: 0,
  statuses: [],
  rows: { taken: 0, loaded: 0 },
  error: null,
  unfinished: false,
  pending: {},
};

/** What is left to know of streams once they have ended, over all histories of the run. */
export function endedWith(before: EndedStreams, results: readonly FeedResult[]): EndedStreams {
  const sum = (of: (result: FeedResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const pending = results.filter((result) => result.pending.length > 0).map((result) => [result.feed, result.pending] as const);
  return {
    streams: before.streams + results.length,
    statuses: [...new Set([...before.statuses, ...results.map(({ record }) => record.status)])],
    rows: {
      taken: before.rows.taken + sum(({ record }) => record.rows.extracted - record.rows.repeated),
      loaded: before.rows.loaded + sum(({ record }) => record.rows.loaded),
    },
    error: before.error ?? results.find(({ record }) => record.error)?.record.error ?? null,
    unfinished: before.unfinished || results.some(({ stopped }) => stopped?.kind === 'limit'),
    pending: { ...before.pending, ...Object.fromEntries(pending) },
  };
}

/** A feed that fails fails only itself: then the run is partial. */
export function statusOf(statuses: readonly RunStatus[]): RunStatus {
  if (statuses.includes('cancelled')) return 'cancelled';
  if (statuses.includes('failed')) return statuses.length === 1 ? 'failed' : 'partial';
  return statuses.includes('delayed') ? 'delayed' : 'succeeded';
}

export interface RunSoFar {
  readonly elapsedMs: number;
  readonly rows: number;
  /** The history has become so long that the run must continue as new. */
  readonly long: boolean;
}

/** Limits come first: a run that has reached one ends, and needs no new history. */
export function stopReason({ rows, durationMs }: RunLimits, run: RunSoFar): StopReason | undefined {
  if (rows !== undefined && run.rows >= rows) return limit(`${count(rows)} rows`);
  if (durationMs !== undefined && run.elapsedMs >= durationMs) return limit(`${count(Math.round(durationMs / 1000))} s`);
  return run.long ? { kind: 'history' } : undefined;
}

const limit = (what: string): StopReason => ({ kind: 'limit', note: `stopped at the limit of ${what}; the next run goes on` });
