import { expect, test } from 'vitest';
import { type Advance, advance } from './advance.js';
import { boundaryDigest } from './boundary.js';
import type { BoundarySet, Position } from './position.js';

const set = (hashes: Record<string, number>): BoundarySet => ({
  algorithm: 'md5-v1',
  fields: [{ name: 'id', stage: 'INTEGER' }],
  hashes,
});
const at = (value: string, boundary?: BoundarySet): Position => ({
  kind: 'cursor',
  cursor: { type: 'int', field: 'id', value, ...(boundary ? { boundary: boundaryDigest(boundary) ?? '' } : {}) },
});

const step = (overrides: Partial<Advance>): Advance => ({
  from: { kind: 'start' },
  mark: { kind: 'largest' },
  cursor: { field: 'id', type: 'int' },
  compare: async (a, b) => Number(a) - Number(b),
  merge: async (a, b) => set({ ...a.hashes, ...b.hashes }),
  ...overrides,
});

test('an exact mark is the position', async () => {
  expect(await advance(step({ mark: { kind: 'exact', position: { kind: 'end' } } }))).toEqual({ position: { kind: 'end' } });
});

test('nothing staged leaves the cursor and its boundary where they are', async () => {
  const held = set({ a: 1 });
  expect(await advance(step({ from: at('7', held), held }))).toEqual({ position: at('7', held), boundary: held });
});

test('a larger value brings its own boundary', async () => {
  const boundary = set({ b: 2 });
  const result = await advance(step({ from: at('7'), held: set({ a: 1 }), largest: { value: '9', boundary } }));
  expect(result).toEqual({ position: at('9', boundary), boundary });
});

test('new rows at the last value join the boundary', async () => {
  const held = set({ a: 1 });
  const result = await advance(step({ from: at('7', held), held, largest: { value: '7', boundary: set({ b: 1 }) } }));
  expect(result.boundary?.hashes).toEqual({ a: 1, b: 1 });
  expect(result.position).toEqual(at('7', set({ a: 1, b: 1 })));
});

test('I3: a smaller value never moves the cursor back', async () => {
  const held = set({ a: 1 });
  const result = await advance(step({ from: at('7', held), held, largest: { value: '5', boundary: set({ c: 1 }) } }));
  expect(result).toEqual({ position: at('7', held), boundary: held });
});

test('a scan keeps its largest value until it ends, then that is the cursor', async () => {
  const boundary = set({ a: 1 });
  const mark = { kind: 'scanned', by: ['k'], after: ['3'], upper: '9' } as const;
  const scanning = await advance(step({ mark, largest: { value: '8', boundary } }));
  expect(scanning.position).toMatchObject({
    kind: 'scan',
    scan: { after: ['3'], upper: { value: '9' }, largest: { value: '8' } },
  });
  const ended = await advance(
    step({
      from: scanning.position,
      held: boundary,
      mark: { ...mark, after: null },
      largest: { value: '2', boundary: set({ z: 1 }) },
    }),
  );
  expect(ended).toEqual({ position: at('8', boundary), boundary });
});

test('a stream with nothing but NULLs has a cursor without value', async () => {
  const ended = await advance(step({ mark: { kind: 'scanned', by: [], after: null, upper: null } }));
  expect(ended.position).toEqual({ kind: 'cursor', cursor: { type: 'int', field: 'id', value: null } });
});
