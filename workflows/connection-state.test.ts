import { expect, test } from 'vitest';
import { unpackFeed } from '../checkpoint/state.js';
import {
  initialState,
  ANEW,
  joinable,
  moved,
  REFRESHED,
  tooLarge,
  withAnswer,
  withChange,
  withCheckpoint,
} from './connection-state.js';
import type { FeedState, SyncRequest } from './messages.js';

const INPUT = { workspaceId: 'wsp_default', connectionId: 'con_1' };
const request: SyncRequest = { trigger: 'manual', labels: { connection: 'c', source: 's', destination: 'd' } };
const feed = (lineage: number, seq: number): FeedState => ({
  ...{ lineage, generation: 1, seq },
  position: { kind: 'cursor', cursor: { type: 'int', field: 'id', value: String(seq) } },
});

test('I3: a checkpoint that comes late never moves a cursor back', () => {
  const ahead = withCheckpoint(initialState(INPUT), { orders: feed(1, 5) });
  expect(withCheckpoint(ahead, { orders: feed(1, 4) }).feeds).toEqual(ahead.feeds);
  expect(unpackFeed(withCheckpoint(ahead, { orders: feed(1, 6) }).feeds['orders']!)).toEqual(feed(1, 6));
});

test('I3: an explicit change of position is a new lineage, which older checkpoints cannot undo', () => {
  const before = withCheckpoint(initialState(INPUT), { orders: feed(3, 9) });
  const change = moved(before, { orders: ANEW }, { kind: 'reset', by: 'key_1' });
  expect(change).toMatchObject({ revision: 1, kind: 'reset', feeds: { orders: { before: feed(3, 9) } } });
  const after = withChange(before, change);
  expect(unpackFeed(after.feeds['orders']!)).toEqual({ lineage: 4, generation: 1, seq: 0, position: { kind: 'start' } });
  expect(withCheckpoint(after, { orders: feed(3, 10) }).feeds).toEqual(after.feeds);
});

test('a refresh is a new generation as well', () => {
  const change = moved(
    withCheckpoint(initialState(INPUT), { orders: feed(3, 9) }),
    { orders: REFRESHED },
    { kind: 'refresh', by: '' },
  );
  expect(change.feeds['orders']?.after).toEqual({
    ...{ lineage: 4, generation: 2, seq: 0 },
    position: { kind: 'start' },
    refreshing: true,
  });
});

test('2,000 streams with long names fit the state; one that would not is refused by its size', () => {
  const named = (index: number): string => `${'schema_'.repeat(9)}${index}.${'table_'.repeat(10)}${index}`;
  const many = (count: number) =>
    withCheckpoint(
      initialState(INPUT),
      Object.fromEntries(Array.from({ length: count }, (_, index) => [named(index), feed(7, 100_000)])),
    );
  expect(tooLarge(many(2_000))).toBeUndefined();
  expect(tooLarge(many(8_000))).toMatch(/limit is 1000000/);
});

test('a request joins a waiting run only when it wants the same streams', () => {
  const state = {
    ...initialState(INPUT),
    queue: [{ runId: 'run_1', number: 1, request: { ...request, streams: ['a'] }, replyTo: [] }],
  };
  expect(joinable(state, { ...request, streams: ['a'] })?.runId).toBe('run_1');
  expect(joinable(state, request)).toBeUndefined();
});

test('the last hundred answers are kept', () => {
  const accepted = { runId: 'r', number: 1, workflowId: 'w', outcome: 'started' } as const;
  const state = Array.from({ length: 150 }, (_, index) => `key-${index}`).reduce(
    (held, key) => withAnswer(held, key, accepted),
    initialState(INPUT),
  );
  expect(state.answers).toHaveLength(100);
  expect(state.answers.at(-1)?.[0]).toBe('key-149');
});

test('a workflow that was lost numbers on from what the metadata knows', () => {
  expect(initialState({ ...INPUT, lastNumber: 41 }).lastNumber).toBe(41);
});
