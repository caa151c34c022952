import { describe, expect, test } from 'vitest';
import { type ChaosReport, countOverlaps, passed, printReport } from './report.js';
import type { Run } from './requests.js';

const REPORT: ChaosReport = {
  seed: 7,
  seconds: 12,
  faults: { cut: 2, cancel: 1 },
  leftOut: { 'disk_full (this user may not mount a small file system)': 1 },
  runs: { succeeded: 9, cancelled: 1 },
  errors: { 'run.cancelled': 1 },
  writes: { committed: 5, rolledBack: 1, failed: 0 },
  rows: 1_000,
  lost: 0,
  duplicated: 0,
  wrong: 0,
  tables: [{ table: 'events', rows: 1_000, lost: 0, duplicated: 0, wrong: 0 }],
  reads: 3,
  tornReads: 0,
  requests: 10,
  lostRequests: 0,
  doubledKeys: 0,
  overlappingRuns: 0,
  answers: { 200: 12 },
  ownEnds: 0,
  complaints: [],
};

describe('a report', () => {
  test('passes when everything arrived once', () => expect(passed(REPORT)).toBe(true));

  test.each([
    ['a lost row', { lost: 1 }],
    ['a doubled row', { duplicated: 1 }],
    ['a row with other contents', { wrong: 1 }],
    ['a table that was seen half full', { tornReads: 1 }],
    ['a request that never ran', { lostRequests: 1 }],
    ['a key that was answered with two runs', { doubledKeys: 1 }],
    ['two runs at once', { overlappingRuns: 1 }],
    ['anything else', { complaints: ['a worker did not end'] }],
  ])('fails for %s', (_, change) => expect(passed({ ...REPORT, ...change })).toBe(false));

  test('says what was done, what was left out and why, and what arrived', () => {
    const text = printReport(REPORT);
    expect(text).toMatch(/^seed +7$/m);
    expect(text).toContain('faults     3: cut 2, cancel 1');
    expect(text).toContain('left out   1: disk_full (this user may not mount a small file system) 1');
    expect(text).toContain('✓ every destination equals its source');
    expect(printReport({ ...REPORT, lost: 1 })).toContain('✗ seed 7 failed');
  });
});

const run = (number: number, startedAt: string | null, endedAt: string | null): Run => ({
  ...{ id: `run_${number}`, connectionId: 'con_1', status: 'succeeded', error: null },
  ...{ number, startedAt, endedAt },
});

describe('runs side by side', () => {
  test.each([
    ['none where each begins after the end of the one before', [run(1, '01', '02'), run(2, '02', '03')], 0],
    ['one that began too early', [run(1, '01', '03'), run(2, '02', '04')], 1],
    ['one beside another that never ended', [run(1, '01', null), run(2, '02', '04')], 1],
    ['not those that never began', [run(1, '01', '03'), run(2, null, '02')], 0],
    ['whatever their order in the list', [run(2, '02', '03'), run(1, '01', '02')], 0],
  ])('%s', (_, runs, expected) => expect(countOverlaps(runs)).toBe(expected));
});
