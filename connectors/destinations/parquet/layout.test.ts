import { describe, expect, test } from 'vitest';
import { DATA_FILE, dataFileName, epochOf, incomingKey, numbered, part, tablePrefix, versionOf } from './layout.js';

const slice = {
  connectionId: 'con_1',
  feed: 'public.t',
  track: 'live',
  lineage: 3,
  seq: 12,
  manifestSha256: 'a'.repeat(64),
} as const;

describe('names as parts of paths', () => {
  test.each([
    ['orders', 'orders'],
    ['Größe 漢', 'Größe 漢'],
    ['a.b-c_d', 'a.b-c_d'],
    ['a/b', 'a%2Fb'],
    ['a%2Fb', 'a%252Fb'],
    ['..', '%2E%2E'],
    ['.hidden', '%2Ehidden'],
    ['_millrace', '%5Fmillrace'],
    ['dot.', 'dot%2E'],
    [' space ', '%20space%20'],
    ['year=2026', 'year%3D2026'],
    ['a*?[b]', 'a%2A%3F%5Bb%5D'],
    ['a\\b:"|<>', 'a%5Cb%3A%22%7C%3C%3E'],
    ['a\0b\n', 'a%00b%0A'],
  ])('%j', (name, expected) => {
    expect(part(name)).toBe(expected);
  });

  test('long names stay apart and within what file systems take', () => {
    const [one, other] = ['😀'.repeat(63) + 'a', '😀'.repeat(63) + 'b'].map(part);
    expect(one).not.toBe(other);
    expect(Buffer.byteLength(one ?? '')).toBeLessThanOrEqual(200);
  });

  test('no name of a table is one of ours', () => {
    expect(tablePrefix({ schema: '_millrace', table: '_manifests' })).toBe('%5Fmillrace/%5Fmanifests/');
  });
});

describe('names of files', () => {
  test.each(['live', 'backfill/3', 'replay/12', 'rejects/rej_01abc'] as const)('of track %s are known as ours', (track) => {
    expect(dataFileName({ ...slice, track }, 0)).toMatch(DATA_FILE);
  });

  test.each(['part-0.parquet', 'orders.parquet', 'live-1-1-0-abc.parquet', 'live-000001-000001-0-0123456789abcdef.parquet.bak'])(
    '%s is of somebody else',
    (name) => {
      expect(name).not.toMatch(DATA_FILE);
    },
  );

  test('are the same for the same slice, and others for other contents', () => {
    expect(dataFileName(slice, 0)).toBe(dataFileName({ ...slice }, 0));
    const others = [
      { ...slice, manifestSha256: 'b'.repeat(64) },
      { ...slice, connectionId: 'con_2' },
      { ...slice, feed: 'public.u' },
      { ...slice, lineage: 4 },
      { ...slice, seq: 13 },
    ];
    expect(new Set([slice, ...others].map((request) => dataFileName(request, 0))).size).toBe(6);
    expect(dataFileName(slice, 0)).not.toBe(dataFileName(slice, 1));
  });

  test('tell the epoch of what waits, and of what was broken off', () => {
    const key = incomingKey({ connectionId: 'con_1', epoch: 7 }, dataFileName(slice, 0));
    expect(epochOf(key)).toBe(7);
    expect(epochOf(key.replace('/incoming/', '/incoming/.unfinished-'))).toBe(7);
    expect(epochOf('_millrace/connections/con_1/incoming/of-somebody')).toBe(Number.MAX_SAFE_INTEGER);
    expect(key.endsWith('.parquet')).toBe(false);
  });

  test('of documents have numbers in order', () => {
    expect(versionOf(numbered('log/', 42))).toBe(42);
    expect(numbered('log/', 9) < numbered('log/', 10)).toBe(true);
    expect(versionOf('log/readme.json')).toBe(0);
  });
});
