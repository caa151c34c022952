import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { atCursorSql, boundaryTable, rowHashSql } from '../checkpoint/boundary.js';
import { type Engine, openTrustedEngine } from '../platform/duckdb/engine.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import { codeOf } from '../test/support/code-of.js';
import { onlyRepeats, requireCounts, stageNew, writeRepeats } from './subtraction.js';

const FIELDS = [
  { name: 'id', column: 'id', stage: 'INTEGER' },
  { name: 'note', column: 'note', stage: 'VARCHAR' },
];
const signal = new AbortController().signal;

let folder: string;
let engine: Engine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-subtraction-'));
  engine = await openTrustedEngine({ tempDirectory: folder });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const rowsOf = (values: string): string => `select * from (values ${values}) as t(id, note)`;

async function hashOf(row: string): Promise<string> {
  const [found] = await engine.rows(`select ${rowHashSql(FIELDS)} as h from (${rowsOf(row)})`);
  return String(found?.['h']);
}

/** What was taken at `id = 5`: so many of each row. */
async function takenOf(counts: Readonly<Record<string, number>>) {
  const hashes = await Promise.all(Object.entries(counts).map(async ([row, count]) => [await hashOf(row), count] as const));
  const table = boundaryTable({ algorithm: 'md5-v1', fields: FIELDS, hashes: Object.fromEntries(hashes) }, undefined);
  return { fields: FIELDS, atCursor: atCursorSql('id', 'INTEGER', '5', false), table };
}

let files = 0;
const file = (): string => join(folder, `${files++}.parquet`);
const read = (path: string): Promise<Record<string, unknown>[]> =>
  engine.rows(`select * from read_parquet(${quoteLiteral(path)}) order by all nulls last`);

test('only as many equal rows are left out as were taken, and each kind is counted by itself', async () => {
  const [rest, repeated] = [file(), file()];
  const select = rowsOf(`(5, 'x'), (5, 'x'), (5, 'x'), (5, 'y'), (6, 'x'), (null, 'x')`);
  const taken = await takenOf({ "(5, 'x')": 2 });
  const counts = await stageNew(engine, { select, taken, rest, repeated, earlier: [], fields: FIELDS }, signal);
  expect(counts).toEqual({ seen: 6, repeated: 2, staged: 4 });
  expect(await read(rest)).toEqual([
    { id: 5, note: 'x' },
    { id: 5, note: 'y' },
    { id: 6, note: 'x' },
    { id: null, note: 'x' },
  ]);
});

test('what an earlier file of the slice repeated is not taken off a second time', async () => {
  const taken = await takenOf({ "(5, 'x')": 1 });
  const [first, second] = [file(), file()];
  const one = { select: rowsOf(`(5, 'x')`), taken, rest: file(), repeated: first, earlier: [], fields: FIELDS };
  expect(await stageNew(engine, one, signal)).toEqual({ seen: 1, repeated: 1, staged: 0 });
  const again = { ...one, rest: file(), repeated: second, earlier: [first] };
  expect(await stageNew(engine, again, signal)).toEqual({ seen: 1, repeated: 0, staged: 1 });
});

test.each([
  ["(5, 'x'), (5, 'x')", [2]],
  ["(5, 'x'), (5, 'y')", [1, 1]],
  ["(5, 'x'), (5, 'x'), (5, 'x')", undefined],
  ["(5, 'x'), (5, 'z')", undefined],
  ["(5, 'x'), (6, 'x')", undefined],
  ["(5, 'x'), (null, 'x')", undefined],
])('a file that holds nothing but what was taken is told at once: %s', async (rows, counts) => {
  const taken = await takenOf({ "(5, 'x')": 2, "(5, 'y')": 1 });
  const found = await onlyRepeats(engine, { select: rowsOf(rows), taken, fields: FIELDS }, signal);
  expect(found && [...found.values()]).toEqual(counts);
});

test('a file without rows brings nothing new; one with other columns is left to the long way', async () => {
  const taken = await takenOf({ "(5, 'x')": 1 });
  const none = `select * from (${rowsOf("(5, 'x')")}) limit 0`;
  expect(await onlyRepeats(engine, { select: none, taken, fields: FIELDS }, signal)).toEqual(new Map());
  const fields = [...FIELDS, { name: 'extra', column: 'extra', stage: 'INTEGER' }];
  expect(await onlyRepeats(engine, { select: none, taken, fields }, signal)).toBeUndefined();
});

test('what such a file repeated is not taken off later files of the slice', async () => {
  const taken = await takenOf({ "(5, 'x')": 2 });
  const repeats = await onlyRepeats(engine, { select: rowsOf(`(5, 'x')`), taken, fields: FIELDS }, signal);
  const first = file();
  await writeRepeats(engine, repeats ?? new Map(), first);
  const second = {
    select: rowsOf(`(5, 'x'), (5, 'x')`),
    taken,
    rest: file(),
    repeated: file(),
    earlier: [first],
    fields: FIELDS,
  };
  expect(await stageNew(engine, second, signal)).toEqual({ seen: 2, repeated: 1, staged: 1 });
});

test('rows keep their order of arrival', async () => {
  const rest = file();
  const select = `select (case when i % 3 = 0 then 5 else i + 10 end)::integer as id, i::varchar as note from range(20000) as r(i)`;
  const taken = await takenOf({ "(5, '300')": 1, "(5, '0')": 1 });
  const counts = await stageNew(engine, { select, taken, rest, repeated: file(), earlier: [], fields: FIELDS }, signal);
  expect(counts).toEqual({ seen: 20_000, repeated: 2, staged: 19_998 });
  const kept = await engine.rows(`select note::integer as n from read_parquet(${quoteLiteral(rest)})`);
  expect(kept.map((row) => row['n'])).toEqual(Array.from({ length: 20_000 }, (_, i) => i).filter((i) => i !== 0 && i !== 300));
});

test('rows left out are told by their hash of today, too, when columns have come', async () => {
  const repeated = file();
  const fields = [...FIELDS, { name: 'extra', column: 'extra', stage: 'INTEGER' }];
  const select = `select *, 7 as extra from (${rowsOf(`(5, 'x')`)})`;
  await stageNew(
    engine,
    { select, taken: await takenOf({ "(5, 'x')": 1 }), rest: file(), repeated, earlier: [], fields },
    signal,
  );
  const [row] = await read(repeated);
  const [now] = await engine.rows(`select ${rowHashSql(fields)} as h from (${select})`);
  expect(row).toMatchObject({ hash: await hashOf(`(5, 'x')`), fresh: now?.['h'], count: '1' });
});

test('I7: counts that do not add up are an error', () => {
  expect(() => requireCounts('public.t', { seen: 10, repeated: 3, staged: 7 })).not.toThrow();
  expect(codeOf(() => requireCounts('public.t', { seen: 10, repeated: 3, staged: 6 }))).toBe('load.count_mismatch');
  expect(codeOf(() => requireCounts('public.t', { seen: 10, repeated: 4, staged: 7 }))).toBe('load.count_mismatch');
});

test('I7: a row that is lost between subtraction and stage is noticed', async () => {
  const lossy: Engine = {
    ...{ run: engine.run.bind(engine), rows: engine.rows.bind(engine), close: engine.close.bind(engine) },
    [Symbol.asyncDispose]: () => engine.close(),
    exclusive: (work) =>
      engine.exclusive((statements) =>
        work({
          rows: (...call) => statements.rows(...call),
          run: (sql, ...rest) => statements.run(sql.replace(/from seen\) to/, 'from seen limit 1) to'), ...rest),
        }),
      ),
  };
  const subtraction = { taken: await takenOf({ "(5, 'x')": 1 }), rest: file(), repeated: file(), earlier: [], fields: FIELDS };
  const counts = await stageNew(lossy, { ...subtraction, select: rowsOf(`(5, 'x'), (5, 'y'), (5, 'z')`) }, signal);
  expect(codeOf(() => requireCounts('public.t', counts))).toBe('load.count_mismatch');
});
