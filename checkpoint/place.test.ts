import { describe, expect, test } from 'vitest';
import { codeOf } from '../test/support/code-of.js';
import type { LedgerPosition } from '../connectors/sdk/destination.js';
import type { FeedState } from '../workflows/messages.js';
import { type FeedRule, type KnownPlace, findPlace, setByHand } from './place.js';
import { END, type Position, START } from './position.js';

const at = (value: string, boundary?: string): Position => ({
  kind: 'cursor',
  cursor: { type: 'int', field: 'id', value, ...(boundary === undefined ? {} : { boundary }) },
});
const scan = (after: string, upper?: string): Position => ({
  kind: 'scan',
  scan: { by: ['id'], after: [after], ...(upper === undefined ? {} : { upper: { type: 'int', field: 'id', value: upper } }) },
});
const state = (lineage: number, seq: number, position: Position = at('5')): FeedState => ({
  lineage,
  generation: 3,
  seq,
  position,
});
const ledger = (lineage: number, seq: number, position: Position = at('5'), shadow = false): LedgerPosition => ({
  ...{ feed: 'orders', lineage, seq, position, shadow },
});
const RULE: FeedRule = {
  name: 'orders',
  loadedAs: { mode: 'incremental_deduped', key: ['id'] },
  whole: false,
  refresh: false,
  goOn: false,
  onDestinationBehind: 'resume',
  onTargetMissing: 'stop',
};
const find = (known: Partial<KnownPlace>, rule: Partial<FeedRule> = {}) =>
  findPlace({ ...RULE, ...rule }, { state: undefined, ledger: undefined, targetMissing: false, ...known });

describe('a stream that is read by a cursor', () => {
  test('starts at the start when nobody knows it', () => {
    expect(find({})).toEqual({ lineage: 1, generation: 1, seq: 0, position: START, notes: [] });
  });

  test('goes on where both agree, and has nothing to say', () => {
    expect(find({ state: state(2, 7), ledger: ledger(2, 7) })).toEqual({ ...state(2, 7), notes: [] });
  });

  test('I1: goes on from the ledger when a run ended before it could report', () => {
    const found = find({ state: state(2, 7), ledger: ledger(2, 9, at('8')) });
    expect(found).toEqual({ ...state(2, 9, at('8')), notes: ['the ledger was ahead: went on from slice 9'] });
  });

  test('I3: a position that was set by hand is never undone by older ledger rows', () => {
    expect(find({ state: state(3, 0, at('100')), ledger: ledger(2, 9) })).toMatchObject({
      lineage: 3,
      seq: 0,
      position: at('100'),
    });
  });

  test('takes what was loaded at a cursor that was set by hand from the ledger', () => {
    const boundaryAtState = { algorithm: 'md5-v1', fields: [], hashes: { a: 1 } } as const;
    expect(setByHand(state(3, 0, at('100', 'digest')))).toEqual(at('100', 'digest'));
    expect(setByHand(state(3, 1, at('100', 'digest')))).toBeUndefined();
    expect(find({ state: state(3, 0, at('100', 'digest')), boundaryAtState })).toMatchObject({ boundary: boundaryAtState });
  });

  test('a destination that is behind is read on from what it has, in a new lineage that the lost slices cannot undo', () => {
    expect(find({ state: state(2, 9, at('9')), ledger: ledger(2, 4, at('4')) })).toEqual({
      ...{ lineage: 3, generation: 3, seq: 0, position: at('4') },
      notes: ['The destination is behind (slice 4 instead of 9), as after a restore. Read on from what it has.'],
    });
  });

  test.each<[string, Partial<KnownPlace>, Partial<FeedRule>, string]>([
    [
      'behind, policy stop',
      { state: state(2, 9), ledger: ledger(2, 4) },
      { onDestinationBehind: 'stop' },
      'load.destination_behind',
    ],
    ['without a ledger', { state: state(2, 9) }, {}, 'load.destination_behind'],
    ['with rows of an older lineage only', { state: state(2, 9), ledger: ledger(1, 30) }, {}, 'load.destination_behind'],
    ['without its target', { state: state(2, 9), ledger: ledger(2, 9), targetMissing: true }, {}, 'load.target_missing'],
    ['without target and ledger', { state: state(2, 9), targetMissing: true }, {}, 'load.target_missing'],
  ])('stops rather than lose rows: a destination %s', (_, known, rule, code) => {
    expect(codeOf(() => find(known, rule))).toBe(code);
  });

  test('a target that is gone is read anew where the policy says so', () => {
    const found = find({ state: state(2, 9), ledger: ledger(2, 9), targetMissing: true }, { onTargetMissing: 'refresh' });
    expect(found).toMatchObject({ lineage: 3, generation: 4, seq: 0, position: START, refreshing: true });
  });

  test('a refresh gets a lineage above all that is known', () => {
    const found = find({ state: state(2, 9), ledger: ledger(5, 1) }, { refresh: true });
    expect(found).toMatchObject({ lineage: 6, generation: 4, seq: 0, position: START, refreshing: true });
  });

  test('a refresh that did not end goes on in its shadow; the target is not missed meanwhile', () => {
    const found = find({ state: state(3, 2), ledger: ledger(3, 2, scan('40', '99'), true), targetMissing: true });
    expect(found).toMatchObject({ lineage: 3, seq: 2, position: scan('40', '99'), refreshing: true });
  });

  test.each([
    ['that ended', END, false],
    ['that is in the middle', scan('40'), true],
  ])('a full read %s says nothing of a cursor: read anew and replaced', (_, position, shadow) => {
    expect(find({ state: state(3, 2, position), ledger: ledger(3, 2, position, shadow) })).toMatchObject({
      ...{ lineage: 4, seq: 0, position: START, refreshing: true },
      notes: ['it was read as a whole: read from the start'],
    });
  });
});

describe('a stream that is read as a whole', () => {
  const full = { whole: true };

  test('begins anew in every run, above all lineages', () => {
    expect(find({ state: state(4, 9), ledger: ledger(6, 1, END) }, full)).toMatchObject({ lineage: 7, seq: 0, position: START });
    expect(find({ state: state(4, 2), ledger: ledger(4, 2, scan('7'), true) }, full)).toMatchObject({ lineage: 5, seq: 0 });
  });

  test('I5: goes on in its shadow when the run before stopped at a limit, or is retried', () => {
    const found = find({ state: state(4, 2), ledger: ledger(4, 2, scan('7'), true) }, { ...full, goOn: true });
    expect(found).toMatchObject({ lineage: 4, generation: 3, seq: 2, position: scan('7') });
  });

  test('begins anew when there is no shadow to go on in', () => {
    expect(find({ ledger: ledger(4, 2, scan('7')) }, { ...full, goOn: true })).toMatchObject({ lineage: 5, seq: 0 });
    expect(find({ ledger: ledger(4, 2, END) }, { ...full, goOn: true })).toMatchObject({ lineage: 5, seq: 0 });
  });
});
