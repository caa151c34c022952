import { contentOf, requireEqual } from '../support/content.js';
import { type Ends, countRows, query } from '../support/database.js';
import { LINEITEM_COLUMNS, LINEITEM_DDL, loadLineitem } from '../support/lineitem.js';
import { hasPsql, psqlPipe } from '../support/psql-pipe.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';
import { type Contender, type Timed, measuresOfTurns, takeTurns } from '../support/turns.js';

const COLUMNS = `${LINEITEM_COLUMNS}, id`;

append.about = 'incremental_append of lineitem: all rows, then five percent more, beside a psql csv pipe';
/** The cursor is a column of its own; rows that come are copies of old ones under new order keys. */
export async function append(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport> {
  const scale = scaleOf(options);
  const ends = { source: await stack.database('append_source'), destination: await stack.database('append_destination') };
  await loadLineitem(ends.source, scale);
  await query(ends.source, 'alter table lineitem add column id bigint generated always as identity');
  await query(ends.source, 'create index on lineitem (id)');
  await query(ends.source, 'vacuum analyze lineitem');
  await query(ends.destination, LINEITEM_DDL.replace('lineitem (', 'by_hand (id bigint, '));
  const rows = await countRows(ends.source, 'lineitem');
  const stream = { name: 'public.lineitem', mode: 'incremental_append', cursorField: 'id', target: { table: 'appended' } };
  const connection = await stack.connect([stream], ends);
  let bytes = 0;
  const own = async (): Promise<Timed> => {
    const run = await stack.sync(connection);
    bytes += run.bytes;
    return run;
  };
  const contenders = (what: string): Contender[] => [
    { name: `Millrace, ${what}`, by: 'millrace', run: own },
    ...(hasPsql() ? [{ name: `psql csv pipe, ${what}`, by: 'hand', run: () => byHand(ends) } as const] : []),
  ];
  const beforeTurn = (): Promise<unknown> => query(ends.destination, 'checkpoint');
  const first = await takeTurns(stack, contenders('all rows'), { rounds: 1, beforeTurn });
  const more = Math.floor(rows / 20);
  const beforeRound = (round: number): Promise<void> => addRows(ends.source, { round, rows: more });
  const next = await takeTurns(stack, contenders('new rows'), { rounds: options.repeat, beforeRound, beforeTurn });
  await requireAppended(ends);
  return {
    suite: 'append',
    facts: { scale, rows, 'new rows': more, 'bytes of all runs': bytes, content: 'equal' },
    measures: [...measuresOfTurns(first, rows), ...measuresOfTurns(next, more)],
  };
}

async function addRows(url: string, { round, rows }: { readonly round: number; readonly rows: number }): Promise<void> {
  const values = LINEITEM_COLUMNS.replace('l_orderkey', `l_orderkey + ${round + 1} * 10000000000`);
  await query(url, `insert into lineitem (${LINEITEM_COLUMNS}) select ${values} from lineitem where id <= ${rows}`);
  await query(url, 'vacuum analyze lineitem');
}

/** Asks how far the target is, and copies what is behind that. */
async function byHand(ends: Ends): Promise<Timed> {
  const begun = performance.now();
  const [{ id } = { id: '0' }] = await query<{ id: string }>(ends.destination, 'select coalesce(max(id), 0) as id from by_hand');
  const from = `(select ${COLUMNS} from lineitem where id > ${id})`;
  await psqlPipe(ends, { from, into: `by_hand (${COLUMNS})`, format: 'csv' });
  return { ms: performance.now() - begun };
}

async function requireAppended({ source, destination }: Ends): Promise<void> {
  const content = await contentOf(source, 'lineitem', COLUMNS);
  for (const table of hasPsql() ? ['appended', 'by_hand'] : ['appended'])
    requireEqual(table, content, await contentOf(destination, table, COLUMNS));
}
