import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { CHANGES, changeEach, createChangingTable, unnoticed } from './support/changes.js';

/** Of every type, a change of values that are equal to the server or look alike is no less a change. */

let runs: DirectRuns;

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

test('a change of one column alone is noticed for every type, and a row that was only written again is not', async () => {
  const connections = CHANGING.map(([mode, more, now], index) => {
    const table = `changing_${index}`;
    const connection = runs.connect([{ name: 'public.changing', mode, ...more, target: { table } }]);
    return {
      connection,
      what: `${mode} ${JSON.stringify(more)}`,
      held: (run: number) => `${table} where ${now} and _millrace_run = ${run}`,
    };
  });
  for (const { connection } of connections) await connection.run();
  for (const value of ['after', 'null', 'before'] as const) {
    await changeEach(runs, value);
    for (const { connection, held, what } of connections) {
      const { number } = await connection.run();
      expect(await unnoticed(runs, held(number)), `${what}: ${value}`).toEqual([]);
    }
  }
  await runs.source.query('update changing set at = at');
  for (const { connection, held, what } of connections) {
    const { number } = await connection.run();
    expect(await runs.destination.query(`select id from ${held(number)}`), what).toEqual([]);
  }
  expect(CHANGES.length).toBeGreaterThan(80);
});
