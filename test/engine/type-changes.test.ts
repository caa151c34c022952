import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { changeEach, createChangingTable, unnoticed } from './support/changes.js';

/** Of every type, a change of values that are equal to the server or look alike is no less a change. */

let runs: DirectRuns;
let tables = 0;

beforeAll(async () => {
  runs = await startDirectRuns();
  await createChangingTable(runs);
});
afterAll(() => runs[Symbol.asyncDispose]());

/** Where a mode keeps what is there now. */
const CHANGING: readonly (readonly [mode: string, more: object, now: string])[] = [
  ['mirror', {}, 'true'],
  ['mirror', { sql: 'select * from input' }, 'true'],
  ['scd2', {}, '_millrace_is_current'],
  ['scd2', { sql: 'select * from input' }, '_millrace_is_current'],
  ['scd2', { cursorField: 'at' }, '_millrace_is_current'],
];

test.each(CHANGING)('%s %j notices a change of one column alone, for every type, and nothing else', async (mode, more, now) => {
  const table = `changing_${++tables}`;
  const held = (run: number): string => `${table} where ${now} and _millrace_run = ${run}`;
  const connection = runs.connect([{ name: 'public.changing', mode, ...more, target: { table } }]);
  await connection.run();
  for (const value of ['after', 'null', 'before'] as const) {
    await changeEach(runs, value);
    const { number } = await connection.run();
    expect(await unnoticed(runs, held(number)), value).toEqual([]);
  }
  await runs.source.query('update changing set at = at');
  const { number } = await connection.run();
  expect(await runs.destination.query(`select id from ${held(number)}`)).toEqual([]);
});
