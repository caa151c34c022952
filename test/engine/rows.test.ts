import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StreamRecord } from '../../platform/db/store.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { KINDS, type Kind } from './support/bad-rows.js';
import { MODES, type Mode, POLICIES, expectAccounted, rejectedRows, stream } from './support/row-scene.js';

/** I7: one bad row never stops a stream and never disappears. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

type Policy = (typeof POLICIES)[number];

/** In a table that is replaced, constraints are met only when the new rows take the place of the old ones. */
const kindsOf = (mode: Mode): readonly Kind[] => KINDS.filter((kind) => mode.startsWith('incremental') || !kind.row);

const tableOf = (kind: Kind, mode: Mode, policy: Policy): string => `k${KINDS.indexOf(kind)}_${MODES.indexOf(mode)}_${policy}`;

async function makeTable(kind: Kind, table: string): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, v ${kind.type}); insert into ${table} values (1, ${kind.good})`,
  );
}

/** Row 500 is bad. */
async function makeBad(kind: Kind, table: string): Promise<void> {
  if (kind.target !== undefined) await millrace.destination.query(kind.target.replaceAll('%', table));
  await millrace.source.query(
    `insert into ${table} select i, case when i = 500 then ${kind.bad} else ${kind.good} end::${kind.type} from generate_series(2, 1000) i`,
  );
}

test.each(MODES.flatMap((mode) => POLICIES.map((policy) => [mode, policy] as const)))(
  'I7: %s, %s: the good rows of a slice are loaded, the bad one is repaired, kept aside, or named',
  async (mode, policy) => {
    const streams = kindsOf(mode).map((kind) => {
      const sql = kind.sql ?? (mode.startsWith('full') ? 'select * from input' : undefined); // else the table is copied as it is
      return stream(tableOf(kind, mode, policy), mode, { rowPolicy: policy, ...(sql === undefined ? {} : { sql }) });
    });
    for (const kind of kindsOf(mode)) await makeTable(kind, tableOf(kind, mode, policy));
    const id = await millrace.connect(streams);
    const first = await millrace.sync(id);
    expect(first.status, JSON.stringify(first.error)).toBe('succeeded');
    for (const kind of kindsOf(mode)) await makeBad(kind, tableOf(kind, mode, policy));
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run.error)).toBe(policy === 'stop' ? 'failed' : 'succeeded');
    for (const kind of kindsOf(mode)) {
      const table = tableOf(kind, mode, policy);
      const record = run.streams.find(({ name }) => name === `public.${table}`)!;
      if (policy === 'stop') await expectStopped(kind, record, table);
      else await expectGoodRows(kind, record, { table, policy, id });
    }
    if (policy !== 'stop') expectAccounted(run);
  },
);

async function expectStopped(kind: Kind, { name, error }: StreamRecord, table: string): Promise<void> {
  const where = name.includes('_2_') ? 'row 500 of slice 1' : 'row 499 of slice 2';
  expect(error?.code, kind.name).toBe('load.bad_value');
  expect(error?.message, kind.name).toContain(
    `${where}, ${kind.row && kind.code !== 'null_value' ? '' : 'column v, '}${reasonOf(kind, table)}`,
  );
  expect(error?.suggestion).toContain('rowPolicy');
  expect(await millrace.destination.query(`select 1 from ${table} where id between 2 and 1000`)).toEqual([]);
}

const reasonOf = (kind: Kind, table: string): string => kind.reason.replaceAll('%', table);

async function expectGoodRows(
  kind: Kind,
  { rows }: StreamRecord,
  { table, policy, id }: { readonly table: string; readonly policy: Policy; readonly id: string },
): Promise<void> {
  const noted = await millrace.destination.query(
    `select id, v, ${policy === 'null_field' ? '_millrace_changes' : 'null'} as changes from ${table} where id = 500`,
  );
  const rejects = (await rejectedRows(millrace, id, `public.${table}`)).map(({ row, reasons }) => ({ id: row['id'], reasons }));
  const good = await millrace.destination.query(`select 1 from ${table} where id between 2 and 1000 and id <> 500`);
  expect(good.length, kind.name).toBe(998);
  const reason = reasonOf(kind, table);
  if (policy === 'reject_row' || kind.row) {
    expect([rows.rejected, noted], kind.name).toEqual([1, []]);
    expect(rejects, kind.name).toMatchObject([{ id: 500, reasons: [{ code: kind.code, reason }] }]);
    return;
  }
  expect([rows.rejected, rejects], kind.name).toEqual([0, []]);
  expect(noted, kind.name).toEqual([{ id: 500, v: null, changes: [{ field: 'v', change: 'nulled', reason }] }]);
}
