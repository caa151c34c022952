import { expect, test } from 'vitest';
import { codeOf } from '../../test/support/code-of.js';
import type { RunRow, RunStreamRow } from '../../platform/db/rows.js';
import type { StoredConnection } from './connection-store.js';
import { replayOf, requestOf, retryOf } from './run-order.js';

const CONNECTION = { config: { streams: [{ name: 'a' }, { name: 'b' }] } } as unknown as StoredConnection;
const STAGED = { key: 'run.json', sha256: 'x' };
const run = (more: Partial<RunRow> = {}): RunRow =>
  ({ number: '7', status: 'partial', trigger: 'schedule', request: null, staged: STAGED, ...more }) as RunRow;
const stream = (name: string, status: string, slices = '0'): RunStreamRow => ({ name, status, slices }) as RunStreamRow;
const FACTS = { streams: [stream('a', 'succeeded'), stream('b', 'failed')], lastNumber: 7, onlyStaged: false };

test('a refresh of all means all streams of the run', () => {
  expect(requestOf(CONNECTION, { trigger: 'api', refresh: true })).toEqual({ trigger: 'api', refresh: ['a', 'b'] });
  const some = requestOf(CONNECTION, { trigger: 'api', streams: ['a'], refresh: true });
  expect(some).toEqual({ trigger: 'api', streams: ['a'], refresh: ['a'] });
});

test('a backfill is a trigger of its own', () => {
  const order = requestOf(CONNECTION, { trigger: 'manual', backfill: { from: '1', to: '9' } });
  expect(order).toEqual({ trigger: 'backfill', purpose: { kind: 'backfill', window: { from: '1', to: '9' } } });
});

test('a retry takes the streams that did not succeed, and what was staged', () => {
  const order = { trigger: 'api', streams: ['b'], purpose: { kind: 'retry', run: 7, source: true, staged: STAGED } };
  expect(retryOf(run(), FACTS)).toEqual(order);
});

test('a retried refresh refreshes what had not begun; the rest goes on in its shadow', () => {
  const streams = [stream('a', 'failed', '3'), stream('b', 'cancelled')];
  expect(retryOf(run({ request: { refresh: ['a', 'b'] } }), { ...FACTS, streams })).toMatchObject({ refresh: ['b'] });
});

test('a retried backfill keeps its track of the ledger', () => {
  const request = { purpose: { kind: 'backfill', window: { to: '9' } } } as const;
  const order = retryOf(run({ request, trigger: 'backfill' }), FACTS);
  expect(order).toMatchObject({ trigger: 'backfill', purpose: { kind: 'backfill', track: 'backfill/7', window: { to: '9' } } });
  const again = retryOf(run({ number: '8', request: order, trigger: 'backfill' }), { ...FACTS, lastNumber: 8 });
  expect(again.purpose).toEqual(order.purpose);
});

test.each([
  ['that has not ended', run({ status: 'running' }), FACTS, 'run.not_retryable'],
  ['that succeeded', run({ status: 'succeeded' }), FACTS, 'run.not_retryable'],
  ['that another one followed', run(), { ...FACTS, lastNumber: 8 }, 'run.not_retryable'],
  ['that left nothing staged, from the stage', run({ staged: null }), { ...FACTS, onlyStaged: true }, 'run.not_staged'],
])('a run %s is not retried', (_, row, facts, code) => {
  expect(codeOf(() => retryOf(row, facts))).toBe(code);
});

test('a replay needs another destination and kept files', () => {
  const ends = { destinationId: 'dst_2', own: 'dst_1' };
  expect(replayOf(run(), ends).purpose).toEqual({ kind: 'replay', run: 7, staged: STAGED, destinationId: 'dst_2' });
  expect(codeOf(() => replayOf(run(), { ...ends, own: 'dst_2' }))).toBe('run.not_retryable');
  expect(codeOf(() => replayOf(run({ staged: null }), ends))).toBe('run.not_staged');
});
