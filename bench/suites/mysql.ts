import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mariadb, hasMariadb, hasMariadbClient, startMariadb } from '../../test/support/mariadb.js';
import { contentOf, requireEqual } from '../support/content.js';
import { countRows, query } from '../support/database.js';
import { LINEITEM_COLUMNS, LINEITEM_DDL, copyIn, generateLineitem } from '../support/lineitem.js';
import { type ProcessStat, statOf } from '../support/processes.js';
import { hasPsql, piped, psql } from '../support/psql-pipe.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchRun, BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';
import { type Contender, type Timed, measuresOfTurns, takeTurns } from '../support/turns.js';

/** MySQL has no padded text to show: its `char` is cut when it is read. */
const TEXT_DDL = LINEITEM_DDL.replaceAll(/(var)?char\(\d+\)/g, 'text');
const MYSQL_DDL = `${LINEITEM_DDL.replaceAll('numeric', 'decimal').replace(/\)$/, '')}, primary key (l_orderkey, l_linenumber))`;

mysql.about = 'full refresh of lineitem from MariaDB into Postgres, beside mariadb | psql; needs mariadb-server';
mysql.onRequest = true as const;
export async function mysql(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport> {
  if (!hasMariadb) throw new Error('The suite mysql needs a MariaDB server: apt-get install mariadb-server');
  const folder = await mkdtemp(join(tmpdir(), 'millrace-mysql-'));
  try {
    await using mariadb = await startMariadb({ args: ['--innodb-buffer-pool-size=1G'] });
    return await race(stack, mariadb, {
      options,
      csv: await generateLineitem(folder, { format: 'csv', scale: scaleOf(options) }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function race(
  stack: BenchStack,
  mariadb: Mariadb,
  { options, csv }: { readonly options: SuiteOptions; readonly csv: string },
): Promise<SuiteReport> {
  const destination = await stack.database('mysql_destination');
  await fill(mariadb, destination, csv);
  const stream = { name: 'bench.lineitem', mode: 'full_refresh_overwrite', target: { table: 'copied' } };
  const source = { connector: 'mysql', config: { url: mariadb.url('bench') } };
  const connection = await stack.connect([stream], { source, destination });
  let last: BenchRun | undefined;
  const server: number[] = [];
  const watched = (run: () => Promise<Timed>) => async (): Promise<Timed> => {
    const before = secondsOf(mariadb.pid);
    const timed = await run();
    server.push(secondsOf(mariadb.pid) - before);
    return timed;
  };
  const isBeside = hasPsql() && hasMariadbClient;
  const contenders: Contender[] = [
    { name: 'Millrace', by: 'millrace', run: watched(async () => (last = await stack.sync(connection))) },
    ...(isBeside ? [{ name: 'mariadb | psql', by: 'hand', run: watched(() => byHand(mariadb, destination)) } as const] : []),
  ];
  const turns = await takeTurns(stack, contenders, { rounds: options.repeat, beforeTurn: ({ by }) => settle(destination, by) });
  const content = await contentOf(destination, 'lineitem', LINEITEM_COLUMNS);
  for (const table of ['copied', ...(isBeside ? ['by_hand'] : [])])
    requireEqual(table, content, await contentOf(destination, table, LINEITEM_COLUMNS));
  const rows = await countRows(destination, 'lineitem');
  const facts = { scale: scaleOf(options), rows, slices: last?.slices ?? 0, bytes: last?.bytes ?? 0, content: 'equal' };
  const measures = [...measuresOfTurns(turns, rows), { name: 'CPU of MariaDB in a turn', unit: 's', values: server } as const];
  return { suite: 'mysql', facts, measures };
}

/** The same file in MariaDB, and in Postgres by itself: what is loaded from there must be equal to it. */
async function fill(mariadb: Mariadb, destination: string, csv: string): Promise<void> {
  await mariadb.database('bench');
  await mariadb.query(`use bench; ${MYSQL_DDL}; load data infile '${csv}' into table lineitem fields terminated by ',' optionally enclosed by '"' ignore 1 lines;
    analyze table lineitem`);
  await query(destination, TEXT_DDL);
  await copyIn(destination, csv);
  await query(destination, TEXT_DDL.replace('lineitem (', 'by_hand ('));
}

/** Tabs between values, `\n` and `\\` escaped: what Postgres reads as its text format. There is no NULL in lineitem. */
const byHand = ({ clientWords }: Mariadb, destination: string): Promise<Timed> =>
  piped(
    [...clientWords('bench'), '--quick', '--batch', '--skip-column-names', '-e', 'select * from lineitem'],
    psql(destination, 'copy by_hand from stdin'),
  );

/** A refresh replaces its target by itself; what is written by hand needs an empty one. */
async function settle(destination: string, by: Contender['by']): Promise<void> {
  if (by === 'hand') await query(destination, 'truncate by_hand');
  await query(destination, 'checkpoint');
}

const secondsOf = (pid: number): number => (statOf(pid) satisfies ProcessStat | undefined)?.ownSeconds ?? 0;
