import { contentOf, requireEqual } from '../support/content.js';
import { type Ends, countRows, query } from '../support/database.js';
import { LINEITEM_COLUMNS, loadLineitem } from '../support/lineitem.js';
import { allAtOnce, connectTiny, makeTinyTable, oneAfterTheOther } from '../support/orchestration.js';
import { startPlainScript } from '../support/plain-script.js';
import type { Measure, SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';
import { type Contender, measuresOfTurns, takeTurns } from '../support/turns.js';

orchestration.about = 'what running costs: no-op runs, 50 runs at once, and lineitem beside a plain script with the same steps';
export async function orchestration(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport> {
  const runs = options.quick ? 10 : 50;
  const ends = { source: await stack.database('tiny_source'), destination: await stack.database('tiny_destination') };
  await makeTinyTable(ends);
  const connections: string[] = [];
  for (let index = 0; index < runs; index++) connections.push(await connectTiny(stack, ends, `tiny_${index}`));
  const first = await allAtOnce(stack, connections, 'first sync');
  const again = await allAtOnce(stack, connections, 'nothing changed');
  const sequence = await oneAfterTheOther(stack, connections[0]!, runs);
  await requireTiny(ends, runs);
  const { rows, measures } = await besidePlainScript(stack, options);
  return {
    suite: 'orchestration',
    facts: { runs, scale: scaleOf(options), 'rows of lineitem': rows, content: 'equal' },
    measures: [...sequence, ...first, ...again, ...measures],
  };
}

async function requireTiny({ source, destination }: Ends, copies: number): Promise<void> {
  const content = await contentOf(source, 'tiny', 'id, note');
  for (let index = 0; index < copies; index++)
    requireEqual(`tiny_${index}`, content, await contentOf(destination, `tiny_${index}`, 'id, note'));
}

/** A full refresh of lineitem. */
async function besidePlainScript(stack: BenchStack, options: SuiteOptions): Promise<{ rows: number; measures: Measure[] }> {
  const ends = { source: await stack.database('plain_source'), destination: await stack.database('plain_destination') };
  await loadLineitem(ends.source, scaleOf(options));
  const stream = { name: 'public.lineitem', mode: 'full_refresh_overwrite', target: { table: 'orchestrated' } };
  const connection = await stack.connect([stream], ends);
  await using script = await startPlainScript();
  const contenders: Contender[] = [
    { name: 'Millrace', by: 'millrace', run: () => stack.sync(connection) },
    { name: 'plain script', by: 'hand', run: () => script.copy({ ...ends, table: 'public.lineitem', target: 'plain' }) },
  ];
  const turns = await takeTurns(stack, contenders, {
    rounds: options.repeat + 1, // the first warms both up
    beforeTurn: () => query(ends.destination, 'checkpoint'),
  });
  const content = await contentOf(ends.source, 'lineitem', LINEITEM_COLUMNS);
  for (const table of ['orchestrated', 'plain'])
    requireEqual(table, content, await contentOf(ends.destination, table, LINEITEM_COLUMNS));
  const rows = await countRows(ends.source, 'lineitem');
  const warm = turns.map(({ contender, turns: all }) => ({ contender, turns: all.slice(1) }));
  return { rows, measures: measuresOfTurns(warm, rows) };
}
