import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { failureOf } from '../support/failure-of.js';

/**
 * What dlt documents of incremental loading, told again as data: what the source holds at each run, and what the target holds
 * in the end. Where Millrace means to differ, the case says why.
 */
type Row = readonly [id: number, at: number | null, v: string];

interface Case {
  readonly name: string;
  readonly stream: object;
  /** All that the source holds at each run. */
  readonly runs: readonly (readonly Row[])[];
  /** The last run refreshes the stream. */
  readonly refresh?: true;
  readonly expected: readonly Row[];
  /** scd2: versions that have ended. */
  readonly ended?: readonly Row[];
  /** Code with which the last run stops. */
  readonly fails?: string;
  readonly differs?: string;
}

const append = { mode: 'incremental_append', cursorField: 'at' };
const deduped = { mode: 'incremental_deduped', cursorField: 'at', primaryKey: ['id'] };
const scd2 = { mode: 'scd2', primaryKey: ['id'] };
const a: Row = [1, 10, 'a'];
const b: Row = [2, 20, 'b'];
const c: Row = [3, 30, 'c'];

const CASES: readonly Case[] = [
  {
    name: 'the rows of the last value are not loaded again, without a key',
    ...{
      stream: append,
      runs: [
        [a, b],
        [a, b, c],
      ],
      expected: [a, b, c],
    },
  },
  {
    name: 'the rows of the last value are not loaded again, with a key',
    ...{
      stream: deduped,
      runs: [
        [a, b],
        [a, b, c],
      ],
      expected: [a, b, c],
    },
  },
  {
    name: 'rows that come later with the last value are loaded, run after run',
    stream: append,
    runs: [[a], [a, [2, 10, 'b']], [a, [2, 10, 'b'], [3, 10, 'c']]],
    expected: [a, [2, 10, 'b'], [3, 10, 'c']],
  },
  {
    name: 'the same with a key',
    stream: deduped,
    runs: [[a], [a, [2, 10, 'b']], [a, [2, 10, 'b'], [3, 10, 'c']]],
    expected: [a, [2, 10, 'b'], [3, 10, 'c']],
  },
  {
    name: 'rows that are alike in everything',
    ...{ stream: append, runs: [[a], [a, a], [a, a, a]], expected: [a, a, a] },
    differs: 'Rows without a key that are alike are rows: as many are left out as were taken. A set of digests makes them one.',
  },
  {
    name: 'one key with the same cursor value and other contents, merged',
    ...{ stream: deduped, runs: [[a], [[1, 10, 'changed']]], expected: [[1, 10, 'changed']] },
    differs: 'The hash is of the whole row, so the change is seen; a digest of the key alone drops it (dlt#1131).',
  },
  {
    name: 'one key with the same cursor value and other contents, appended',
    ...{ stream: { ...append, primaryKey: ['id'] }, runs: [[a], [[1, 10, 'changed']]], expected: [a, [1, 10, 'changed']] },
    differs: 'As above: a changed row at the last value is a new row.',
  },
  {
    name: 'a cursor value that goes back is not seen',
    ...{
      stream: append,
      runs: [
        [b, c],
        [[2, 5, 'back'], c],
      ],
      expected: [b, c],
    },
  },
  {
    name: 'a late row below the last value is not seen',
    ...{
      stream: append,
      runs: [
        [a, c],
        [a, c, b],
      ],
      expected: [a, c],
    },
  },
  {
    name: 'rows in no order, none of them is passed over',
    ...{
      stream: append,
      runs: [
        [c, a, b],
        [[5, 50, 'e'], c, [4, 40, 'd'], a],
      ],
      expected: [a, b, c, [4, 40, 'd'], [5, 50, 'e']],
    },
    differs: 'There is no promise of an order that ends a read early at the first row out of it.',
  },
  {
    name: 'lag finds a late row in its window and none below it',
    stream: { ...deduped, lag: 10 },
    runs: [[c], [c, [4, 20, 'in'], [5, 19, 'below']]],
    expected: [c, [4, 20, 'in']],
  },
  {
    name: 'lag does not move the cursor back: the next window is as wide as the first',
    stream: { ...deduped, lag: 10 },
    runs: [[c], [c, [4, 20, 'in']], [c, [4, 20, 'in'], [5, 12, 'below']]],
    expected: [c, [4, 20, 'in']],
  },
  {
    name: 'lag reads an older version of a row again',
    ...{
      stream: { ...deduped, lag: 10 },
      runs: [
        [b, c],
        [b, [3, 25, 'older']],
      ],
      expected: [b, c],
    },
    differs: 'newest_wins: an older row never overwrites a newer one. A merge by arrival takes what came last.',
  },
  {
    name: 'lag reads an older version again, and the last load wins',
    stream: { ...deduped, lag: 10, dedup: 'last_load_wins' },
    ...{
      runs: [
        [b, c],
        [b, [3, 25, 'older']],
      ],
      expected: [b, [3, 25, 'older']],
    },
  },
  {
    name: 'NULL as cursor, included: appended by the first read only',
    stream: append,
    runs: [
      [[1, null, 'x'], b],
      [[1, null, 'x'], b, [4, null, 'later'], c],
    ],
    expected: [[1, null, 'x'], b, c],
    differs: 'Nothing tells a NULL row that was loaded from one that was not, so append takes them once instead of in every run.',
  },
  {
    name: 'NULL as cursor, included: merged in every run',
    stream: deduped,
    runs: [
      [[1, null, 'x'], b],
      [[1, null, 'y'], b, [4, null, 'later'], c],
    ],
    expected: [[1, null, 'y'], b, c, [4, null, 'later']],
  },
  {
    name: 'NULL as cursor, excluded',
    stream: { ...append, nullCursor: 'exclude' },
    runs: [
      [[1, null, 'x'], b],
      [[1, null, 'x'], b, c],
    ],
    expected: [b, c],
  },
  {
    name: 'NULL as cursor is an error when asked for',
    stream: { ...append, nullCursor: 'error' },
    runs: [[b], [b, c, [4, null, 'x']]],
    ...{ expected: [b], fails: 'source.null_cursor' },
    differs: 'It is asked for: the default is to include, since a value that is missing is no reason to load nothing.',
  },
  {
    name: 'one key twice in a batch: the newest, in whatever order they come',
    stream: deduped,
    runs: [
      [
        [1, 20, 'new'],
        [1, 10, 'old'],
      ],
    ],
    expected: [[1, 20, 'new']],
    differs: 'Without a hint for sorting it is any of them there; here the cursor decides.',
  },
  {
    name: 'replace holds what the last run read',
    ...{ stream: { mode: 'full_refresh_overwrite' }, runs: [[a, b], [c]], expected: [c] },
  },
  {
    name: 'a refresh forgets the cursor and what was loaded',
    ...{
      stream: append,
      runs: [
        [b, c],
        [[4, 5, 'low'], c],
      ],
      refresh: true,
      expected: [c, [4, 5, 'low']],
    },
  },
  {
    name: 'merge with the whole source: rows that are gone go',
    ...{
      stream: { mode: 'mirror', primaryKey: ['id'] },
      runs: [
        [a, b],
        [[1, 10, 'A'], c],
      ],
      expected: [[1, 10, 'A'], c],
    },
    differs: 'delete-insert and upsert leave rows that are gone; the mode that compares the whole does not.',
  },
  {
    name: 'scd2: a changed row ends one version and begins another',
    ...{
      stream: scd2,
      runs: [
        [a, b],
        [[1, 10, 'A'], b],
      ],
      expected: [[1, 10, 'A'], b],
      ended: [a],
    },
  },
  {
    name: 'scd2: a row that is gone is ended, and one that comes back begins anew',
    ...{ stream: scd2, runs: [[a, b], [a], [a, b]], expected: [a, b], ended: [b] },
  },
  {
    name: 'scd2: a value that changes and changes back has three versions',
    ...{ stream: scd2, runs: [[a], [[1, 10, 'A']], [a]], expected: [a], ended: [a, [1, 10, 'A']] },
  },
  {
    name: 'scd2 by a cursor: what is not read is not ended',
    stream: { ...scd2, cursorField: 'at' },
    ...{
      runs: [
        [a, b],
        [b, [2, 30, 'B']],
      ],
      expected: [a, [2, 30, 'B']],
      ended: [b],
    },
    differs: 'An incremental read says nothing of rows that it does not bring; retiring them needs no merge_key to be avoided.',
  },
];

let runs: DirectRuns;
let tables = 0;

beforeAll(async () => {
  runs = await startDirectRuns();
});
afterAll(() => runs[Symbol.asyncDispose]());

test.each(CASES)('$name', async ({ stream, runs: batches, refresh, expected, ended, fails }) => {
  const table = `case_${++tables}`;
  await runs.source.query(`create table ${table} (id int, at int, v text)`);
  const connection = runs.connect([{ name: `public.${table}`, ...stream }]);
  for (const [index, rows] of batches.entries()) {
    await hold(table, rows);
    const last = index === batches.length - 1;
    const run = connection.run(last && refresh ? { refresh: [`public.${table}`] } : {});
    if (last && fails) expect((await failureOf(run)).code).toBe(fails);
    else await run;
  }
  expect(await held(table, ended ? '_millrace_is_current' : 'true')).toEqual(sorted(expected));
  if (ended) expect(await held(table, 'not _millrace_is_current'), 'ended').toEqual(sorted(ended));
});

async function hold(table: string, rows: readonly Row[]): Promise<void> {
  const values = rows.map(([id, at, v]) => `(${id}, ${at}, '${v}')`).join(', ');
  await runs.source.query(`truncate ${table}; insert into ${table} values ${values}`);
}

async function held(table: string, where: string): Promise<readonly string[]> {
  const rows = await runs.destination.query<{ id: number; at: number | null; v: string }>(
    `select id, at, v from ${table} where ${where}`,
  );
  return sorted(rows.map(({ id, at, v }) => [id, at, v]));
}

const sorted = (rows: readonly Row[]): readonly string[] => rows.map((row) => JSON.stringify(row)).toSorted();
