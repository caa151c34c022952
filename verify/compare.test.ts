import { describe, expect, test } from 'vitest';
import type { BucketHash, HashedRows, RowHash, RowKey } from '../connectors/sdk/hashes.js';
import { type CompareOptions, bucketCount, compareCounts, compareHashes, differingBuckets } from './compare.js';
import { changedSince } from './explain.js';
import { keyText } from './judge.js';

/** Rows in memory that count what is fetched of them. */
class FakeRows implements HashedRows {
  readonly form = 'fake';
  fetched = 0;
  readonly #sorted: readonly RowHash[];

  constructor(
    rows: readonly RowHash[],
    private readonly pageRows = 3,
  ) {
    this.#sorted = rows.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
  }

  async estimate(): Promise<number> {
    return this.#sorted.length;
  }

  async count(): Promise<number> {
    return this.#sorted.reduce((sum, { rows }) => sum + rows, 0);
  }

  async buckets(buckets: number): Promise<readonly BucketHash[]> {
    const groups = groupBy(this.#sorted, ({ hash }) => bucketOf(hash, buckets));
    return [...groups].map(([bucket, rows]) => ({
      bucket,
      rows: rows.reduce((sum, row) => sum + row.rows, 0),
      digest: rows.map(({ hash, fields, rows: n }) => `${hash} ${fields.join()} ${n}`).join(),
    }));
  }

  async *rows(buckets: number, only: readonly number[]): AsyncIterable<readonly RowHash[]> {
    const wanted = this.#sorted.filter(({ hash }) => only.includes(bucketOf(hash, buckets)));
    for (let at = 0; at < wanted.length; at += this.pageRows) {
      const page = wanted.slice(at, at + this.pageRows);
      this.fetched += page.length;
      yield page;
    }
  }

  async rowsOf(keys: readonly RowKey[]): Promise<readonly RowHash[]> {
    const wanted = new Set(keys.map(keyText));
    return this.#sorted.filter(({ key }) => wanted.has(keyText(key)));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const bucketOf = (hash: bigint, buckets: number): number => Number(BigInt.asUintN(64, hash) % BigInt(buckets));

function groupBy<T>(rows: readonly T[], of: (row: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) groups.set(of(row), [...(groups.get(of(row)) ?? []), row]);
  return groups;
}

const row = (id: number, fields: readonly string[] = ['a', 'b']): RowHash => ({
  hash: BigInt(id),
  key: [String(id)],
  fields,
  rows: 1,
});
const rowsUpTo = (count: number): RowHash[] => Array.from({ length: count }, (_, id) => row(id));
const copies = (hash: number, rows: number): RowHash => ({ hash: BigInt(hash), key: null, fields: [], rows });

const options = (more: Partial<CompareOptions> = {}): CompareOptions => ({
  rule: { by: 'key', extra: 'difference' },
  fields: ['x', 'y'],
  sampleSize: 10,
  maxRows: 1_000,
  ...more,
});

test('buckets: a power of two, about a thousand rows each, within bounds', () => {
  expect([0, 1_000, 256_000, 300_000, 1e9].map(bucketCount)).toEqual([256, 256, 256, 512, 4_096]);
});

test('a bucket that one side lacks, or that has other rows or another digest, differs', () => {
  const side = (...buckets: [number, number, string][]) => buckets.map(([bucket, rows, digest]) => ({ bucket, rows, digest }));
  const a = side([1, 1, 'x'], [2, 1, 'x'], [3, 1, 'x'], [4, 1, 'x']);
  const b = side([1, 1, 'x'], [2, 2, 'x'], [3, 1, 'y'], [9, 1, 'x']);
  expect(differingBuckets(a, b)).toEqual([2, 3, 4, 9]);
});

describe('by key', () => {
  test('equal sides fetch no row', async () => {
    const [source, target] = [new FakeRows(rowsUpTo(1_000)), new FakeRows(rowsUpTo(1_000))];
    const found = await compareHashes(source, target, options());
    expect(found).toMatchObject({ rows: { source: 1_000, target: 1_000 }, sample: [], truncated: false, examinedRows: 0 });
    expect([source.fetched, target.fetched]).toEqual([0, 0]);
  });

  test('only rows of buckets that differ are fetched', async () => {
    const changed = rowsUpTo(1_000).flatMap((each) => {
      if (each.hash === 5n) return [];
      return each.hash === 6n ? [row(6, ['a', 'z'])] : [each];
    });
    const [source, target] = [new FakeRows(rowsUpTo(1_000)), new FakeRows([...changed, row(5_000)])];
    const found = await compareHashes(source, target, options());
    expect(found.differences).toEqual({ missing: 1, extra: 1, different: 1, changedSince: 0, rejected: 0, repaired: 0 });
    expect(found.sample).toEqual([
      { kind: 'missing_in_target', key: ['5'] },
      { kind: 'different', key: ['6'], columns: ['y'] },
      { kind: 'extra_in_target', key: ['5000'] },
    ]);
    expect(source.fetched).toBeLessThan(15);
  });

  test('two keys with the same hash are two rows, one key with several rows is a multiset', async () => {
    const same = (key: string, fields: string[]): RowHash => ({ hash: 7n, key: [key], fields, rows: 1 });
    const source = new FakeRows([same('a', ['1', '1']), same('b', ['1', '1']), same('b', ['2', '2'])]);
    const target = new FakeRows([same('b', ['2', '2']), same('b', ['1', '3']), same('c', ['1', '1'])]);
    expect((await compareHashes(source, target, options())).sample).toEqual([
      { kind: 'missing_in_target', key: ['a'] },
      { kind: 'different', key: ['b'], columns: ['y'] },
      { kind: 'extra_in_target', key: ['c'] },
    ]);
  });

  test('what has an explanation is no difference, and gives way in the list', async () => {
    const source = new FakeRows([row(1)]);
    const target = new FakeRows(rowsUpTo(50).slice(1));
    const explained = async (keys: readonly (readonly (string | null)[])[]) =>
      new Set(keys.filter(([id]) => id !== '40').map((key) => JSON.stringify(key)));
    const found = await compareHashes(
      source,
      target,
      options({ sampleSize: 3, explain: changedSince('extra_in_target', explained) }),
    );
    expect(found.differences).toEqual({ missing: 0, extra: 1, different: 0, changedSince: 47, rejected: 0, repaired: 0 });
    expect(found.sample[0]).toEqual({ kind: 'extra_in_target', key: ['40'] });
    expect(found).toMatchObject({ truncated: true, atLeast: false });
  });

  test('when too much differs it stops, and says that it has', async () => {
    const [source, target] = [new FakeRows(rowsUpTo(1_000)), new FakeRows([])];
    const found = await compareHashes(source, target, options({ maxRows: 10 }));
    expect(found).toMatchObject({ truncated: true, atLeast: true });
    expect(source.fetched).toBeLessThan(40);
  });
});

describe('by row', () => {
  const rule = (extra: 'difference' | 'duplicates') => options({ rule: { by: 'row', extra }, fields: [] });
  const source = () => new FakeRows([copies(1, 3), copies(2, 1), copies(-3, 1)]);
  const target = () => new FakeRows([copies(1, 1), copies(2, 2), copies(4, 1)]);

  test('copies are counted', async () => {
    const found = await compareHashes(source(), target(), rule('difference'));
    expect(found.differences).toEqual({ missing: 3, extra: 2, different: 0, changedSince: 0, rejected: 0, repaired: 0 });
    expect(found.sample).toEqual([
      { kind: 'missing_in_target', key: null, rowHash: 'fffffffffffffffd' },
      { kind: 'missing_in_target', key: null, rowHash: '0000000000000001', rows: 2 },
      { kind: 'extra_in_target', key: null, rowHash: '0000000000000002' },
      { kind: 'extra_in_target', key: null, rowHash: '0000000000000004' },
    ]);
  });

  test('where older versions stay, only more copies than the source has are extra', async () => {
    const found = await compareHashes(source(), target(), rule('duplicates'));
    expect(found.differences).toMatchObject({ missing: 3, extra: 1 });
  });
});

test('by count', async () => {
  const found = await compareCounts(new FakeRows(rowsUpTo(5)), new FakeRows(rowsUpTo(3)));
  expect(found).toMatchObject({ rows: { source: 5, target: 3 }, differences: { missing: 2, extra: 0 }, sample: [] });
  expect((await compareCounts(new FakeRows([]), new FakeRows(rowsUpTo(3)))).differences.extra).toBe(3);
});
