import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type CompactFeed, migrateState, packFeed, unpackFeed } from './state.js';
import type { FeedState } from '../workflows/messages.js';

const FEEDS: Record<string, FeedState> = {
  'public.fresh': { lineage: 1, generation: 1, seq: 0, position: { kind: 'start' } },
  'public.copied': { lineage: 7, generation: 7, seq: 3, position: { kind: 'end' } },
  'public.scanning': {
    lineage: 1,
    generation: 1,
    seq: 2,
    position: { kind: 'scan', scan: { by: ['a', 'b'], after: ["it's", '7'], upper: { type: 'int', field: 'c', value: '9' } } },
  },
  'public.orders': {
    lineage: 2,
    generation: 1,
    seq: 41,
    position: { kind: 'cursor', cursor: { type: 'int', field: 'id', value: '9007199254740993' } },
  },
  'public.events': {
    lineage: 1,
    generation: 1,
    seq: 5,
    position: {
      kind: 'cursor',
      cursor: { type: 'timestamptz', field: 'at', value: '2024-01-01 00:00:00.000001+00', boundary: 'c2e482c3' },
    },
  },
  'public.nulls': {
    lineage: 1,
    generation: 1,
    seq: 1,
    position: { kind: 'cursor', cursor: { type: 'date', field: 'd', value: null } },
  },
};

const REFRESHING: FeedState = { lineage: 3, generation: 2, seq: 0, position: { kind: 'start' }, refreshing: true };

test('every kind of position survives packing', () => {
  for (const state of [...Object.values(FEEDS), REFRESHING]) expect(unpackFeed(packFeed(state))).toEqual(state);
});

test('the packed form is frozen: version 2', async () => {
  const all = { ...FEEDS, 'public.refreshed': REFRESHING };
  const packed = Object.fromEntries(Object.entries(all).map(([name, state]) => [name, packFeed(state)]));
  await expect(`${JSON.stringify({ v: 2, feeds: packed }, null, 1)}\n`).toMatchFileSnapshot('../test/golden/state-v2.json');
});

test('a feed takes about a hundred bytes', () => {
  const bytes = JSON.stringify(packFeed(FEEDS['public.orders']!)).length;
  expect(bytes).toBeLessThan(100);
});

test('a state of version 1 is understood', async () => {
  const old: unknown = JSON.parse(await readFile(new URL('../test/golden/state-v1.json', import.meta.url), 'utf8'));
  const { v, feeds } = migrateState<{ v: number; feeds: Record<string, CompactFeed> }>(old, { v: 2, feeds: {} });
  expect(v).toBe(2);
  expect(Object.fromEntries(Object.entries(feeds).map(([name, packed]) => [name, unpackFeed(packed)]))).toEqual(FEEDS);
});

test('a state of the future is refused, none at all is the initial one', () => {
  const initial = { v: 2, epoch: 0 };
  expect(migrateState(undefined, initial)).toBe(initial);
  expect(migrateState({ v: 2, epoch: 4 }, initial)).toEqual({ v: 2, epoch: 4 });
  expect(() => migrateState({ v: 3 }, initial)).toThrow(/version 3/);
});
