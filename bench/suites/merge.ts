import { requireEqual, contentOf } from '../support/content.js';
import { type Ends, countRows, query } from '../support/database.js';
import { LINEITEM_COLUMNS, loadLineitem } from '../support/lineitem.js';
import { hasPsql, psqlMerge } from '../support/psql-pipe.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';
import { type Contender, measuresOfTurns, takeTurns } from '../support/turns.js';

const KEY = ['l_orderkey', 'l_linenumber'];
const COLUMNS = `${LINEITEM_COLUMNS}, changed_at`;

merge.about = 'incremental_deduped of one percent of lineitem, beside the same merge by hand';
/**
 * Every hundredth row of lineitem is changed, and merged into a table of all rows; beside it the same merge as a person writes
 * it: COPY into a temporary table, INSERT … ON CONFLICT.
 */
export async function merge(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport> {
  const scale = scaleOf(options);
  const ends = { source: await stack.database('merge_source'), destination: await stack.database('merge_destination') };
  await makeSource(ends.source, scale);
  const stream = { name: 'public.lineitem', mode: 'incremental_deduped', cursorField: 'changed_at', target: { table: 'merged' } };
  const connection = await stack.connect([stream], ends);
  const first = await stack.sync(connection);
  await makeByHand(ends.destination);
  let since = '';
  const hand = (): ReturnType<typeof psqlMerge> => psqlMerge(ends, { where: `changed_at >= '${since}'`, key: KEY });
  const contenders: Contender[] = [
    { name: 'Millrace', by: 'millrace', run: () => stack.sync(connection) },
    ...(hasPsql() ? [{ name: 'by hand', by: 'hand', run: hand } as const] : []),
  ];
  const turns = await takeTurns(stack, contenders, {
    rounds: options.repeat,
    beforeRound: async (round) => (since = await change(ends.source, round)),
    beforeTurn: () => query(ends.destination, 'checkpoint'),
  });
  await requireMerged(ends);
  const rows = await countRows(ends.source, 'lineitem');
  const firstRead = { name: 'first read of all rows', unit: 'ms', values: [first.ms] } as const;
  return {
    suite: 'merge',
    facts: { scale, rows, 'first read slices': first.slices, 'first read bytes': first.bytes, content: 'equal' },
    measures: [firstRead, ...measuresOfTurns(turns, rows / 100)],
  };
}

async function makeSource(url: string, scale: number): Promise<void> {
  await loadLineitem(url, scale);
  await query(url, `alter table lineitem add column changed_at timestamptz not null default '2024-01-01'`);
  await query(url, `update lineitem set changed_at = changed_at + l_orderkey * interval '1 s'`);
  await query(url, 'create index on lineitem (changed_at)');
  await query(url, 'vacuum full analyze lineitem');
}

async function makeByHand(url: string): Promise<void> {
  await query(url, `create table by_hand as select ${COLUMNS} from merged`);
  await query(url, `alter table by_hand add primary key (${KEY.join(', ')})`);
  await query(url, 'vacuum analyze');
}

async function requireMerged({ source, destination }: Ends): Promise<void> {
  const content = await contentOf(source, 'lineitem', COLUMNS);
  for (const table of hasPsql() ? ['merged', 'by_hand'] : ['merged'])
    requireEqual(table, content, await contentOf(destination, table, COLUMNS));
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
