import { contentOf, requireEqual } from './content.js';
import { type Ends, countRows, query } from './database.js';
import { pipeContenders } from './psql-pipe.js';
import type { SuiteReport } from './report.js';
import type { BenchRun, BenchStack } from './stack.js';
import { type Contender, measuresOfTurns, takeTurns } from './turns.js';

/** A table of the source that Millrace and the pipes copy whole, in turns. */
export interface RefreshedTable {
  readonly table: string;
  readonly columns: string;
  /** Makes the same table for the pipes to fill. */
  readonly ddl: string;
  readonly rounds: number;
  /** Another run of Millrace with this SQL. */
  readonly sql?: string;
}

/** Compares the content of all that was loaded. */
export async function raceFullRefresh(
  stack: BenchStack,
  ends: Ends,
  race: RefreshedTable,
): Promise<Pick<SuiteReport, 'facts' | 'measures'>> {
  const { table, rounds, ddl, sql } = race;
  await query(ends.destination, ddl);
  const plain = await refresher(stack, ends, { name: 'Millrace', from: table, into: 'copied' });
  const names = { name: `Millrace with ${sql}`, from: table, into: 'transformed' };
  const more = sql === undefined ? [] : [await refresher(stack, ends, { ...names, sql })];
  const pipes = pipeContenders(ends, { from: table, into: table });
  const beforeTurn = ({ by }: Contender): Promise<void> => settle(ends.destination, by === 'hand' ? table : undefined);
  const turns = await takeTurns(stack, [plain, ...more, ...pipes], { rounds, beforeTurn });
  const content = await contentOf(ends.source, table, race.columns);
  for (const target of ['copied', ...more.map(() => 'transformed'), ...(pipes.length > 0 ? [table] : [])])
    requireEqual(target, content, await contentOf(ends.destination, target, race.columns));
  const rows = await countRows(ends.source, table);
  const { slices, bytes } = plain.last();
  return { facts: { rows, slices, bytes, content: 'equal' }, measures: measuresOfTurns(turns, rows) };
}

interface Refresher extends Contender {
  run(): Promise<BenchRun>;
  last(): Pick<BenchRun, 'slices' | 'bytes'>;
}

/** A connection of one stream that copies a whole table. */
export async function refresher(
  stack: BenchStack,
  ends: Ends,
  { name, from, into, sql }: { readonly name: string; readonly from: string; readonly into: string; readonly sql?: string },
): Promise<Refresher> {
  const stream = { name: `public.${from}`, mode: 'full_refresh_overwrite', target: { table: into }, ...(sql ? { sql } : {}) };
  const connection = await stack.connect([stream], ends);
  let last: BenchRun | undefined;
  const run = async (): Promise<BenchRun> => (last = await stack.sync(connection));
  return { name, by: 'millrace', run, last: () => last ?? { slices: 0, bytes: 0 } };
}

/** Nothing is left to write back, nor for autovacuum to do in somebody else's turn; a refresh replaces its target by itself, what is written by hand needs an empty one. */
export async function settle(destination: string, emptied?: string): Promise<void> {
  if (emptied !== undefined) await query(destination, `truncate ${emptied}`);
  await query(destination, 'vacuum');
  await query(destination, 'checkpoint');
}
