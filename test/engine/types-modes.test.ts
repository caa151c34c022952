import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { CHANGES, changeEach, createChangingTable, unnoticed } from './support/changes.js';
import { NASTY_ROWS, createNastyTable, expectIdentical } from './support/nasty-table.js';

/** Every type, with the values that are hard, in every mode: nothing is altered, no change is missed, and none is made up. */

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns();
  await createNastyTable(runs.source);
  await createChangingTable(runs);
});
afterAll(() => runs[Symbol.asyncDispose]());

const MODES: readonly (readonly [mode: string, more: object])[] = [
  ['full_refresh_overwrite', {}],
  ['full_refresh_append', {}],
  ['incremental_append', { cursorField: 'id' }],
  ['incremental_deduped', { cursorField: 'id' }],
  ['mirror', {}],
  ['mirror', { deletes: 'soft' }],
  ['scd2', {}],
  ['scd2', { cursorField: 'id' }],
];

let tables = 0;

describe.each([
  ['plain', {}],
  ['through a transform', { sql: 'select * from input' }],
])('%s', (_how, transform) => {
  test.each(MODES)('every value and type comes through %s %j, and is the same to the next run', async (mode, more) => {
    const table = `held_${++tables}`;
    const connection = runs.connect([{ name: 'public.everything', mode, ...more, ...transform, target: { table } }]);
    const first = await connection.run();
    expect(first.rows).toMatchObject({ extracted: NASTY_ROWS, loaded: NASTY_ROWS, rejected: 0, superseded: 0 });
    await expectIdentical(runs, { table });
    const second = await connection.run();
    await expectIdentical(runs, { table, where: mode === 'full_refresh_append' ? '_millrace_run = 2' : 'true' });
    if (mode === 'mirror' || (mode === 'scd2' && !('cursorField' in more))) expect(second.notes).toContain('nothing had changed');
    else if (!mode.startsWith('full')) expect(second.rows.loaded).toBe(0);
  });
});

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
