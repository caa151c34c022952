import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { contentOf, requireEqual } from '../support/content.js';
import { countRows, query } from '../support/database.js';
import { LINEITEM_COLUMNS, LINEITEM_DDL, generateLineitem } from '../support/lineitem.js';
import { hasPsql, piped, psql } from '../support/psql-pipe.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';
import { type Contender, type Timed, measuresOfTurns, takeTurns } from '../support/turns.js';

const SCRIPT = fileURLToPath(new URL('../by-hand/parquet-to-csv.js', import.meta.url));
/** The file knows no padded text. */
const DDL = LINEITEM_DDL.replace('lineitem (', 'by_hand (').replaceAll(/(var)?char\(\d+\)/g, 'text');

parquet.about = 'a Parquet file of lineitem into Postgres, beside DuckDB and a psql csv pipe';
export async function parquet(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-parquet-'));
  try {
    return await raceFile(stack, await generateLineitem(folder, { format: 'parquet', scale: scaleOf(options) }), options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function raceFile(stack: BenchStack, file: string, options: SuiteOptions): Promise<SuiteReport> {
  const destination = await stack.database('parquet_destination');
  await query(destination, DDL);
  const connection = await stack.connect([{ name: 'lineitem', mode: 'full_refresh_overwrite' }], {
    source: filesOf(join(file, '..')),
    destination,
  });
  const contenders: Contender[] = [
    { name: 'Millrace', by: 'millrace', run: () => stack.sync(connection) },
    ...(hasPsql() ? [{ name: 'DuckDB | psql', by: 'hand', run: () => byHand(file, destination) } as const] : []),
  ];
  const turns = await takeTurns(stack, contenders, { rounds: options.repeat, beforeTurn: ({ by }) => settle(destination, by) });
  const loaded = await contentOf(destination, 'lineitem', LINEITEM_COLUMNS);
  if (hasPsql()) requireEqual('by_hand', loaded, await contentOf(destination, 'by_hand', LINEITEM_COLUMNS));
  const rows = await countRows(destination, 'lineitem');
  const { size } = await stat(file);
  const facts = { scale: scaleOf(options), rows, 'bytes of the file': size, content: hasPsql() ? 'equal' : 'not compared' };
  return { suite: 'parquet', facts, measures: measuresOfTurns(turns, rows) };
}

const filesOf = (folder: string) => ({
  connector: 'files',
  config: {
    root: pathToFileURL(folder).href,
    streams: [{ name: 'lineitem', path: 'lineitem.parquet', format: 'parquet' }],
  },
});

const byHand = (file: string, destination: string): Promise<Timed> =>
  piped([process.execPath, SCRIPT, file], psql(destination, 'copy by_hand from stdin (format csv)'));

/** A refresh replaces its target by itself; what is written by hand needs an empty one. */
async function settle(destination: string, by: Contender['by']): Promise<void> {
  if (by === 'hand') await query(destination, 'truncate by_hand');
  await query(destination, 'checkpoint');
}
