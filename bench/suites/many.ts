import { requireEqualTables } from '../support/content.js';
import { type Ends, query } from '../support/database.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchRun, BenchStack } from '../support/stack.js';
import { stepMeasures, stepsOf } from '../support/steps.js';
import type { SuiteOptions } from '../support/suite.js';
import { type Contender, measuresOfTurns, takeTurns } from '../support/turns.js';

const ROWS = 100;

many.about = '200 small tables in one connection: first sync, and nothing changed';
/** Every round copies all tables into a new database. */
export async function many(stack: BenchStack, { quick, repeat }: SuiteOptions): Promise<SuiteReport> {
  const tables = Array.from({ length: quick ? 20 : 200 }, (_, index) => `table_${index}`);
  const source = await stack.database('many_source');
  await makeTables(source, tables);
  const copies: Ends[] = [];
  const connections: string[] = [];
  const streams = tables.map((table) => ({ name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' }));
  for (let round = 0; round < repeat; round++) {
    const ends = { source, destination: await stack.database(`many_destination_${round}`) };
    copies.push(ends);
    connections.push(await stack.connect(streams, ends));
  }
  const first = runner(stack, connections, 'first sync');
  const nothing = runner(stack, connections, 'nothing changed');
  const measures = [
    ...measuresOfTurns(await takeTurns(stack, [first], { rounds: repeat }), tables.length * ROWS),
    ...measuresOfTurns(await takeTurns(stack, [nothing], { rounds: repeat })),
    ...stepMeasures(await stepsOf(stack.temporalAddress, first.workflows), first.name),
    ...stepMeasures(await stepsOf(stack.temporalAddress, nothing.workflows), nothing.name),
  ];
  for (const ends of copies) for (const table of tables) await requireEqualTables(ends, { table, columns: 'id, at, note' });
  const facts = { tables: tables.length, 'rows of each': ROWS, content: 'equal' };
  return { suite: 'many', facts, measures };
}

async function makeTables(url: string, tables: readonly string[]): Promise<void> {
  const statements = tables.map(
    (table) =>
      `create table ${table} (id bigint primary key, at timestamptz not null, note text);
       insert into ${table} select i, now() + i * interval '1 s', '${table} ' || i from generate_series(1, ${ROWS}) as i`,
  );
  await query(url, statements.join(';'));
  await query(url, 'vacuum analyze');
}

/** Runs the connection of the round, and remembers its runs. */
function runner(stack: BenchStack, connections: readonly string[], name: string): Contender & { readonly workflows: string[] } {
  const workflows: string[] = [];
  const run = async (round: number): Promise<BenchRun> => {
    const done = await stack.sync(connections[round]!);
    workflows.push(done.workflowId);
    return done;
  };
  return { name, by: 'millrace', run, workflows };
}
