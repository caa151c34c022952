import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { BadTable, KINDS, type Kind } from './support/bad-rows.js';
import { MODES, type Mode, expectAccounted, rejectedRows, stream } from './support/row-scene.js';

/** I7: one bad row never stops a stream and never disappears. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** Loads one good row of each table, then lets its owner constrain it, and brings the bad ones. */
async function connectAndSpoil(tables: readonly BadTable[], mode: Mode, rowPolicy: string): Promise<string> {
  for (const table of tables) await millrace.source.query(table.create());
  const id = await millrace.connect(tables.map((table) => stream(table.name, mode, { rowPolicy, ...table.sql() })));
  const first = await millrace.sync(id);
  expect(first.status, JSON.stringify(first.error)).toBe('succeeded');
  for (const statement of tables.flatMap((table) => table.constrain())) await millrace.destination.query(statement);
  for (const table of tables) await millrace.source.query(table.fill());
  return id;
}

/** Where a table is replaced, constraints are met only when the new rows take the place of the old ones. */
const kindsOf = (mode: Mode): readonly Kind[] => KINDS.filter((kind) => mode.startsWith('incremental') || !kind.row);

test.each(MODES.flatMap((mode) => (['null_field', 'reject_row'] as const).map((policy) => [mode, policy] as const)))(
  'I7: %s, %s: whatever is wrong with a row, the others are loaded and it is repaired or kept aside',
  async (mode, policy) => {
    const table = new BadTable(`t_${MODES.indexOf(mode)}_${policy}`, kindsOf(mode));
    const id = await connectAndSpoil([table], mode, policy);
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run.error)).toBe('succeeded');
    expectAccounted(run);
    const isRejected = (kind: Kind): boolean => policy === 'reject_row' || kind.row === true;
    const bad = table.kinds.map((kind, index) => ({
      kind,
      index,
      id: table.idOf(index),
      reason: table.named(kind.reason, index),
    }));
    const rejected = bad.filter(({ kind }) => isRejected(kind));
    const rows = (await rejectedRows(millrace, id)).map(({ row, reasons }) => ({
      id: row['id'],
      codes: reasons.map(({ code }) => code),
      reasons,
    }));
    expect(rows.map((row) => [row.id, row.codes, row.reasons.map(({ reason }) => reason)])).toEqual(
      rejected.map(({ kind, id: row, reason }) => [row, [kind.code], [reason]]),
    );
    expect(run.streams[0]?.rows.rejected).toBe(rejected.length);
    const loaded = await millrace.destination.query<{ id: number }>(
      `select id from ${table.name} where id between 2 and 1000 order by id`,
    );
    const ids = Array.from({ length: 999 }, (_, index) => index + 2);
    expect(loaded.map((row) => row.id)).toEqual(ids.filter((row) => !rejected.some((one) => one.id === row)));
    for (const { kind, index, id: row, reason } of bad.filter((one) => !isRejected(one.kind))) {
      const noted = await millrace.destination.query(
        `select v${index} as v, _millrace_changes as changes from ${table.name} where id = ${row}`,
      );
      expect(noted, kind.name).toEqual([{ v: null, changes: [{ field: `v${index}`, change: 'nulled', reason }] }]);
    }
    const untouched =
      policy === 'null_field'
        ? await millrace.destination.query(`select id from ${table.name} where _millrace_changes is not null`)
        : [];
    expect(untouched).toHaveLength(bad.length - rejected.length);
  },
);

const STOPPED = ['too_long', 'nul_character', 'null_value', 'foreign_key', 'unique'];

test('I7: stop names slice, row, column and reason, never the value, and says how to choose another policy', async () => {
  const tables = STOPPED.map((code) => new BadTable(`stop_${code}`, KINDS.filter((kind) => kind.code === code).slice(-1)));
  const id = await connectAndSpoil(tables, 'incremental_deduped', 'stop');
  const run = await millrace.sync(id);
  expect(run.status).toBe('failed');
  for (const table of tables) {
    const [kind] = table.kinds as [Kind];
    const error = run.streams.find(({ name }) => name === `public.${table.name}`)?.error;
    const column = kind.row && kind.code !== 'null_value' ? '' : 'column v0, ';
    const detail = `Cannot load public.${table.name}: row 499 of slice 2, ${column}${table.named(kind.reason, 0)}.`;
    expect(error, kind.name).toMatchObject({
      code: 'load.bad_value',
      message: detail,
      suggestion: expect.stringContaining('rowPolicy'),
    });
    expect(await millrace.destination.query(`select 1 from ${table.name} where id between 2 and 1000`)).toEqual([]);
  }
});
