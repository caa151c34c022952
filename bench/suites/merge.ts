import { LINEITEM_COLUMNS, loadLineitem } from '../support/lineitem.js';
import { hasPsql, psqlMerge } from '../support/psql-pipe.js';
import type { Measure, SuiteReport } from '../support/report.js';
import { type BenchStack, contentOf, query } from '../support/stack.js';
import type { SuiteOptions } from './lineitem.js';

const KEY = ['l_orderkey', 'l_linenumber'];

/**
 * incremental_deduped: every hundredth row of lineitem is changed, and merged into a table of all rows; beside it the same merge
 * as a person writes it: COPY into a temporary table, INSERT … ON CONFLICT.
 */
export async function merge(stack: BenchStack, { quick, repeat, scale: wanted }: SuiteOptions): Promise<SuiteReport> {
  const scale = quick ? 0.01 : wanted;
  const [source, destination] = [await stack.database('merge_source'), await stack.database('merge_destination')];
  await loadLineitem(source, scale);
  await query(source, `alter table lineitem add column changed_at timestamptz not null default '2024-01-01'`);
  await query(source, `update lineitem set changed_at = changed_at + l_orderkey * interval '1 s'`);
  await query(source, 'create index on lineitem (changed_at)');
  await query(source, 'vacuum full analyze lineitem');
  const stream = { name: 'public.lineitem', mode: 'incremental_deduped', cursorField: 'changed_at', target: { table: 'merged' } };
  const connection = await stack.connect([stream], { source, destination });
  const first = await stack.sync(connection);
  await query(destination, `create table by_hand as select ${LINEITEM_COLUMNS}, changed_at from merged`);
  await query(destination, `alter table by_hand add primary key (${KEY.join(', ')})`);
  await query(destination, 'vacuum analyze');
  const times = { hand: [] as number[], own: [] as number[] };
  for (let round = 0; round < repeat; round++) {
    const since = await change(source, round);
    await query(destination, 'checkpoint');
    if (hasPsql()) times.hand.push(await psqlMerge(source, destination, { where: `changed_at >= '${since}'`, key: KEY }));
    await query(destination, 'checkpoint');
    times.own.push((await stack.sync(connection)).ms);
  }
  const columns = `${LINEITEM_COLUMNS}, changed_at`;
  const content = await contentOf(source, 'lineitem', columns);
  for (const table of ['merged', ...(hasPsql() ? ['by_hand'] : [])])
    if ((await contentOf(destination, table, columns)) !== content) throw new Error(`${table} differs from the source`);
  const [{ rows } = { rows: '0' }] = await query<{ rows: string }>(source, 'select count(*) as rows from lineitem');
  return {
    suite: 'merge',
    facts: { scale, rows, firstReadSlices: first.slices, content: 'equal' },
    measures: measuresOf(first.ms, times),
  };
}

/** @returns the time from which on rows were changed */
async function change(source: string, round: number): Promise<string> {
  const [row] = await query<{ since: string }>(source, 'select clock_timestamp()::text as since');
  await query(
    source,
    `update lineitem set changed_at = clock_timestamp(), l_comment = 'changed ${round}' where l_orderkey % 100 = ${round}`,
  );
  await query(source, 'analyze lineitem');
  return row?.since ?? '';
}

function measuresOf(
  firstMs: number,
  { hand, own }: { readonly hand: readonly number[]; readonly own: readonly number[] },
): Measure[] {
  const peers: Measure[] =
    hand.length === 0
      ? []
      : [
          { name: 'by hand', unit: 'ms', values: hand },
          { name: 'speed against by hand', unit: '×', values: hand.map((ms, index) => ms / (own[index] ?? NaN)) },
        ];
  return [
    { name: 'first read of all rows', unit: 'ms', values: [firstMs] },
    { name: 'Millrace, 1 % changed', unit: 'ms', values: own },
    ...peers,
  ];
}
