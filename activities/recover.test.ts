import { expect, test } from 'vitest';
import { START } from '../checkpoint/position.js';
import type { FeedState } from '../workflows/messages.js';
import { recoverFeeds } from './recover.js';

const AT_5 = { kind: 'cursor', cursor: { type: 'int', field: 'id', value: '5' } } as const;
const row = (lineage: number, seq: number) => ({ feed: 'orders', lineage, seq, position: AT_5, shadow: false });
const after = (lineage: number, generation: number, more: Partial<FeedState> = {}): FeedState => ({
  ...{ lineage, generation, seq: 0, position: START },
  ...more,
});
const change = (place: FeedState) => ({ feeds: { orders: { before: null, after: place } } });

test('what was loaded comes from the ledger', () => {
  expect(recoverFeeds([row(2, 7)], [])).toEqual({ orders: { lineage: 2, generation: 1, seq: 7, position: AT_5 } });
});

test('I3: a change by hand that nothing was loaded from yet wins over older ledger rows', () => {
  const refreshed = after(3, 2, { refreshing: true });
  expect(recoverFeeds([row(2, 7)], [change(refreshed)])).toEqual({ orders: refreshed });
});

test('a change that was loaded from counts by the ledger, and keeps its generation', () => {
  const changes = [change(after(3, 2)), change(after(2, 1))];
  expect(recoverFeeds([row(3, 4)], changes)).toEqual({ orders: { lineage: 3, generation: 2, seq: 4, position: AT_5 } });
});
