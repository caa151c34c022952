import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SegmentFile, StagedColumn } from '../connectors/sdk/destination.js';
import { type Engine, openTrustedEngine } from '../platform/duckdb/engine.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import type { Field } from '../schema/types.js';
import { compareHashes } from './compare.js';
import { StagedHashedRows } from './staged-rows.js';

let home: string;
let engine: Engine;
let files = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-staged-rows-'));
  engine = await openTrustedEngine({ tempDirectory: home, memoryLimit: '200MB', threads: 2 });
});
afterAll(async () => {
  await engine.close();
  await rm(home, { recursive: true });
});

/** A Parquet file of a SELECT; `types` are the fields' own where they say more than the staged ones. */
async function segment(select: string, types: Readonly<Record<string, Partial<Field>>> = {}): Promise<SegmentFile> {
  const path = join(home, `${files++}.parquet`);
  const { rowsChanged } = await engine.run(`copy (${select}) to ${quoteLiteral(path)} (format parquet)`);
  const described = await engine.rows(`describe select * from read_parquet(${quoteLiteral(path)})`);
  const columns = described.map((row): StagedColumn => {
    const name = String(row['column_name']);
    return { name, column: name, stage: String(row['column_type']), type: 'string', nullable: true, ...types[name] };
  });
  return { path, format: 'parquet', rows: rowsChanged, columns };
}

const side = (segments: readonly SegmentFile[], more: object = {}): StagedHashedRows =>
  new StagedHashedRows({
    engine,
    segments,
    fields: (segments[0]?.columns ?? []).map(({ name }) => name),
    key: ['id'],
    by: 'key',
    tempDir: home,
    signal: new AbortController().signal,
    ...more,
  });

async function compare(source: StagedHashedRows, target: StagedHashedRows, fields: readonly string[], by: 'key' | 'row' = 'key') {
  return compareHashes(source, target, {
    rule: { by, extra: 'difference' },
    fields,
    sampleSize: 10,
    maxRows: 100_000,
  });
}

describe('a value that differs is found', () => {
  test.each([
    [`''`, 'null::VARCHAR'],
    [`'a'`, `'a '`],
    ['0.0::DOUBLE', `'-0'::DOUBLE`],
    [`'nan'::DOUBLE`, 'null::DOUBLE'],
    [`'\\x00'::BLOB`, `'\\x00\\x00'::BLOB`],
    [`timestamp '2024-01-01 00:00:00.000001'`, `timestamp '2024-01-01 00:00:00.000002'`],
    ['[1, null]', '[1, 2]'],
    ['1.10::DECIMAL(10,2)', '1.11::DECIMAL(10,2)'],
  ])('%s and %s', async (a, b) => {
    const [source, target] = [await segment(`select 1 as id, ${a} as v`), await segment(`select 1 as id, ${b} as v`)];
    const found = await compare(side([source]), side([target]), ['id', 'v']);
    expect(found.sample).toEqual([{ kind: 'different', key: ['1'], columns: ['v'] }]);
    expect(await compare(side([source]), side([source]), ['id', 'v'])).toMatchObject({ sample: [] });
  });
});

describe('JSON', () => {
  const json = { v: { type: 'json' } } as const;
  const both = async (a: string, b: string, types: Parameters<typeof segment>[1] = json) => {
    const sides = [a, b].map((text) => segment(`select 1 as id, ${quoteLiteral(text)}::JSON as v`, types));
    const [source, target] = await Promise.all(sides);
    return (await compare(side([source!]), side([target!]), ['id', 'v'])).sample.length === 0;
  };

  test.each([
    ['{"b":1,"a":[1,{"x":null}]}', '{"a": [1, {"x": null}], "b": 1}', true],
    ['[1e2, 1.50, -0.0, 1e18]', '[100, 1.5, 0, 1000000000000000000]', true],
    ['"1"', '1', false],
    ['[1, 2]', '[2, 1]', false],
    ['{}', '[]', false],
    ['null', '{}', false],
    ['{"a": null}', '{}', false],
  ])('%s and %s say the same: %s', async (a, b, expected) => {
    expect(await both(a, b)).toBe(expected);
  });

  test('of a jsonb is compared as it prints', async () => {
    const jsonb = { v: { type: 'json', native: { system: 'postgres', type: 'jsonb' } } } as const;
    expect(await both('{"a": 1.10}', '{"a": 1.1}', jsonb)).toBe(false);
  });
});

test('files of one side may be staged with other types', async () => {
  const typed = await segment(`select 1 as id, [1, 2] as v`, {
    v: { type: 'int32[]', native: { system: 'postgres', type: 'integer[]' } },
  });
  const text = await segment(`select 2 as id, '[0:1]={1,2}' as v`);
  const held = await segment(`select * from (values (1, '{1,2}'), (2, '[0:1]={1,2}')) t(id, v)`);
  expect(await compare(side([typed, text]), side([held]), ['id', 'v'])).toMatchObject({
    sample: [],
    rows: { source: 2, target: 2 },
  });
});

test('of a key that comes several times, the row that a merge keeps counts', async () => {
  const first = await segment(`select * from (values (1, 5, 'old'), (1, 7, 'new'), (2, 1, 'first')) t(id, seen, v)`);
  const second = await segment(`select * from (values (1, 6, 'late'), (2, 1, 'last')) t(id, seen, v)`);
  const newest = await segment(`select * from (values (1, 7, 'new'), (2, 1, 'last')) t(id, seen, v)`);
  const last = await segment(`select * from (values (1, 6, 'late'), (2, 1, 'last')) t(id, seen, v)`);
  const fields = ['id', 'seen', 'v'];
  const merged = (cursor: string | undefined) => side([first, second], { newest: { cursor } });
  expect(await compare(merged('seen'), side([newest]), fields)).toMatchObject({ sample: [], rows: { source: 2 } });
  expect(await compare(merged(undefined), side([last]), fields)).toMatchObject({ sample: [] });
  expect(await merged('seen').count()).toBe(2);
});

test('rows as a multiset', async () => {
  const by = { by: 'row', key: [] };
  const [source, target] = [await segment('select 1 as v from range(3)'), await segment('select 1 as v from range(2)')];
  const found = await compare(side([source], by), side([target], by), ['v'], 'row');
  expect(found).toMatchObject({ differences: { missing: 1, extra: 0 }, rows: { source: 3, target: 2 } });
});

test('no files are no rows', async () => {
  const one = await segment('select 1 as id');
  expect(await side([]).count()).toBe(0);
  expect(await compare(side([]), side([one]), ['id'])).toMatchObject({
    differences: { extra: 1 },
    rows: { source: 0, target: 1 },
  });
});

test('300,000 rows that all differ are walked in pages, within the memory limit', { timeout: 60_000 }, async () => {
  const source = await segment(`select range as id, repeat('x', 20) || range as v from range(300000)`);
  const target = await segment(`select range as id, repeat('y', 20) || range as v from range(300000)`);
  let largest = 0;
  const watched = (rows: StagedHashedRows): StagedHashedRows => {
    const pages = rows.rows.bind(rows);
    rows.rows = async function* watch(...only) {
      for await (const page of pages(...only)) {
        largest = Math.max(largest, page.length);
        yield page;
      }
    };
    return rows;
  };
  const found = await compare(watched(side([source])), watched(side([target])), ['id', 'v']);
  expect(found).toMatchObject({ atLeast: true, truncated: true });
  expect(found.differences.different).toBeGreaterThan(90_000);
  expect(largest).toBeLessThanOrEqual(5_000);
});
