import { expect, test } from 'vitest';
import { NO_ROWS } from '../activities/contract.js';
import { START } from '../checkpoint/position.js';
import type { RunStatus } from './messages.js';
import { NOTHING_ENDED, endedWith, statusOf, stopReason } from './run-outcome.js';
import type { FeedResult } from './sync-types.js';

const result = (feed: string, status: RunStatus, more: Partial<FeedResult> = {}): FeedResult => ({
  feed,
  place: { lineage: 1, generation: 1, seq: 1, position: START },
  record: {
    ...{ name: feed, step: 'finished', status, bytes: 0, slices: 1, cursor: null, notes: [] },
    rows: { ...NO_ROWS, extracted: 10, repeated: 2, loaded: 8 },
    error: status === 'failed' ? { code: 'load.blocked', message: feed, suggestion: '' } : null,
  },
  pending: [],
  ...more,
});

test.each<[RunStatus[], RunStatus]>([
  [['succeeded'], 'succeeded'],
  [['succeeded', 'delayed'], 'delayed'],
  [['succeeded', 'failed'], 'partial'],
  [['delayed', 'failed'], 'partial'],
  [['failed'], 'failed'],
  [['failed', 'cancelled'], 'cancelled'],
  [[], 'succeeded'],
])('streams that ended %j make a run %s', (statuses, status) => {
  expect(statusOf(statuses)).toBe(status);
});

test('what ended in earlier histories counts', () => {
  const first = endedWith(NOTHING_ENDED, [result('a', 'failed'), result('b', 'succeeded')]);
  const all = endedWith(first, [result('c', 'delayed', { stopped: { kind: 'limit', note: '' } })]);
  expect(all).toEqual({
    streams: 3,
    statuses: ['failed', 'succeeded', 'delayed'],
    rows: { taken: 24, loaded: 24 },
    error: { code: 'load.blocked', message: 'a', suggestion: '' },
    unfinished: true,
    pending: {},
  });
});

test.each([
  [{ parallelStreams: 4 }, undefined],
  [{ parallelStreams: 4, rows: 101 }, undefined],
  [{ parallelStreams: 4, rows: 100 }, 'stopped at the limit of 100 rows; the next run goes on'],
  [{ parallelStreams: 4, durationMs: 60_000 }, 'stopped at the limit of 60 s; the next run goes on'],
])('limits %j: %s', (limits, note) => {
  const reason = stopReason(limits, { elapsedMs: 60_000, rows: 100, long: false });
  expect(reason?.kind === 'limit' ? reason.note : reason).toBe(note);
});

test('a limit comes before a new history', () => {
  const run = { elapsedMs: 0, rows: 100, long: true };
  expect(stopReason({ parallelStreams: 4, rows: 100 }, run)?.kind).toBe('limit');
  expect(stopReason({ parallelStreams: 4 }, run)?.kind).toBe('history');
});
