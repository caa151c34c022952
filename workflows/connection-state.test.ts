import { expect, test } from 'vitest';
import { unpackFeed } from '../checkpoint/state.js';
import { initialState, joinable, withAnswer, withCheckpoint, withPosition } from './connection-state.js';
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

test('an explicit change of position is a new lineage, which older checkpoints cannot undo', () => {
  const moved = withPosition(withCheckpoint(initialState(INPUT), { orders: feed(3, 9) }), 'orders', { kind: 'start' });
  expect(unpackFeed(moved.feeds['orders']!)).toEqual({ lineage: 4, generation: 1, seq: 0, position: { kind: 'start' } });
  expect(withCheckpoint(moved, { orders: feed(3, 10) }).feeds).toEqual(moved.feeds);
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
