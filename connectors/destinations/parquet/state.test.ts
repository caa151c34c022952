import { describe, expect, test } from 'vitest';
import { type Position, START } from '../../../checkpoint/position.js';
import { momentAfter } from './fence.js';
import { EMPTY, FORMAT, type LogEntry, type SliceEntry, type State, acceptSlice, tableKey, withEntry } from './state.js';

const TARGET = { schema: 'raw', table: 't' };
const at = (value: number): Position => ({ kind: 'cursor', cursor: { type: 'int', field: 'id', value: String(value) } });
const info = { format: FORMAT, id: 'id', epoch: 1, run: 1, at: '' } as const;

const slice = (seq: number, more: Partial<SliceEntry> = {}): SliceEntry => ({
  ...info,
  ...{ kind: 'slice', feed: 'f', track: 'live', lineage: 1, seq, from: seq === 1 ? START : at(seq - 1), to: at(seq) },
  ...{ manifest: `m${seq}`, target: TARGET, mode: 'incremental_append', effect: 'add' },
  rows: { extracted: 1, repeated: 0, filtered: 0, loaded: 1, rejected: 0 },
  columns: [{ name: 'id', type: 'BIGINT' }],
  files: [{ name: `${seq}.parquet`, incoming: `in/${seq}`, rows: 1, bytes: 1 }],
  ...more,
});

const after = (...entries: readonly LogEntry[]): State => entries.reduce(withEntry, EMPTY);
const filesOf = (state: State): readonly string[] => (state.tables[tableKey(TARGET)]?.files ?? []).map(({ name }) => name);
const offered = (seq: number, from: Position, manifestSha256 = `m${seq}`, lineage = 1) =>
  ({ feed: 'f', track: 'live', lineage, seq, from, manifestSha256 }) as const;

describe('I2: the chain', () => {
  const held = after(slice(1), slice(2));

  test.each([
    ['the next slice follows', offered(3, at(2)), { outcome: 'follows' }],
    ['the last slice was loaded', offered(2, at(1)), { outcome: 'loaded' }],
    ['the last slice with other contents', offered(2, at(1), 'other'), { outcome: 'stale', seq: 2, position: at(2) }],
    ['one is left out', offered(4, at(3)), { outcome: 'stale', seq: 2 }],
    ['it begins elsewhere', offered(3, at(9)), { outcome: 'stale', seq: 2 }],
    ['an earlier one', offered(1, START), { outcome: 'stale', seq: 2 }],
    ['a new lineage begins', offered(1, START, 'x', 2), { outcome: 'follows' }],
    [
      'a new lineage does not begin with its second slice',
      offered(2, at(2), 'x', 2),
      { outcome: 'stale', seq: 0, position: START },
    ],
    ['an older lineage', offered(3, at(2), 'x', 0), { outcome: 'stale' }],
  ])('%s', (_, request, expected) => {
    expect(acceptSlice(held, request)).toMatchObject(expected);
  });

  test('other feeds and tracks have chains of their own', () => {
    expect(acceptSlice(held, { ...offered(1, START), feed: 'g' })).toEqual({ outcome: 'follows' });
    expect(acceptSlice(held, { ...offered(1, START), track: 'backfill/1' })).toEqual({ outcome: 'follows' });
  });
});

describe('I5: what is collected', () => {
  const whole = { effect: 'collect', lineage: 2, mode: 'full_refresh_overwrite' } as const;

  test('is no part of the table before its last slice, and all of it after', () => {
    const collecting = after(slice(1), slice(1, { ...whole, manifest: 'a', files: slice(7).files }));
    expect(filesOf(collecting)).toEqual(['1.parquet']);
    expect(filesOf(withEntry(collecting, slice(2, { ...whole, effect: 'replace' })))).toEqual(['7.parquet', '2.parquet']);
    expect(filesOf(withEntry(collecting, slice(2, { ...whole, effect: 'add' })))).toEqual([
      '1.parquet',
      '7.parquet',
      '2.parquet',
    ]);
  });

  test('begins anew with a first slice', () => {
    const first = slice(1, { ...whole, files: slice(7).files });
    const again = slice(1, { ...whole, lineage: 3, files: slice(8).files });
    const published = after(first, again, slice(2, { ...whole, lineage: 3, effect: 'replace' }));
    expect(filesOf(published)).toEqual(['8.parquet', '2.parquet']);
    expect(published.collected).toEqual({ f: {} });
  });
});

test('a table that was given away is none of ours', () => {
  expect(after(slice(1), { ...info, kind: 'release', epoch: 9, target: TARGET })).toMatchObject({
    epoch: 9,
    tables: {},
    version: 2,
  });
});

test('columns are those of all files, with the newest type', () => {
  const state = after(
    slice(1),
    slice(2, {
      columns: [
        { name: 'id', type: 'VARCHAR' },
        { name: 'b', type: 'BLOB' },
      ],
    }),
    slice(3),
  );
  expect(state.tables[tableKey(TARGET)]?.columns).toEqual([
    { name: 'id', type: 'BIGINT' },
    { name: 'b', type: 'BLOB' },
  ]);
});

test.each([
  ['', '2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00.123000Z'],
  ['2026-01-01T00:00:00.123000Z', '2026-01-01T00:00:00.124Z', '2026-01-01T00:00:00.124000Z'],
  ['2026-01-01T00:00:00.123000Z', '2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00.123001Z'],
  ['2026-01-01T00:00:00.999999Z', '2025-12-31T00:00:00.000Z', '2026-01-01T00:00:01.000000Z'],
])('the moment of a run is later than that of the one before: %j at %s', (before, now, expected) => {
  expect(momentAfter(before, now)).toBe(expected);
});
