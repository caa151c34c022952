import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { NASTY_ROWS, createNastyTable, expectIdentical } from './support/nasty-table.js';

/** Every type, with the values that are hard, in every mode: nothing is altered, and no change is made up. */

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns();
  await createNastyTable(runs.source);
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
