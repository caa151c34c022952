import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { query } from '../support/database.js';
import type { BenchStack } from '../support/stack.js';
import { compareContent, type ContentReport } from './content.js';
import { firstErrorLine } from './first-error.js';
import type { IncrementalJob, Peer } from './peer.js';
import type { Cost } from './run-measured.js';

const CHANGED = 500;
const LATE = 10;
const TABLE = 'orders';

export interface IncrementReport {
  readonly name: string;
  readonly first: Cost[];
  readonly nothing: Cost[];
  readonly changes: Cost[];
  /** After the changes. */
  content?: ContentReport;
  /** After rows came that share the largest cursor value. */
  late?: ContentReport;
  failure?: string;
}

/** One peer over the whole of the measurement: it keeps its target and what it remembers. */
interface Runner {
  readonly report: IncrementReport;
  readonly job: IncrementalJob;
  run(into?: Cost[]): Promise<void>;
}

/** Incremental loads by those that have them, in turns: everything, then per round nothing and 500 changed rows, then late rows. */
export async function takeIncrements(
  stack: BenchStack,
  peers: readonly Peer[],
  { rows, repeat }: { readonly rows: number; readonly repeat: number },
): Promise<IncrementReport[]> {
  const source = await makeOrders(stack, rows);
  const runners: Runner[] = [];
  for (const peer of peers) if (peer.incremental) runners.push(await runnerOf(stack, peer, source));
  const each = async (use: (runner: Runner) => Promise<void>): Promise<void> => {
    for (const runner of runners) await guarded(runner, use);
  };
  await each(({ run, report }) => run(report.first));
  for (let round = 0; round < repeat; round++) {
    await each(({ run, report }) => run(report.nothing));
    await change(source, rows, round);
    await each(({ run, report }) => run(report.changes));
  }
  await each(async ({ report, job }) => void (report.content = await compareContent({ ...job, key: ['id'] })));
  await addLateRows(source);
  await each(({ run }) => run());
  await each(async ({ report, job }) => void (report.late = await compareContent({ ...job, key: ['id'] })));
  await Promise.all(runners.map(({ job }) => rm(job.folder, { recursive: true, force: true, maxRetries: 5 })));
  return runners.map(({ report }) => report);
}

async function makeOrders(stack: BenchStack, rows: number): Promise<string> {
  const source = await stack.database('orders_source');
  await query(
    source,
    `create table ${TABLE} (id bigint primary key, updated_at timestamptz not null, note text, amount numeric(10,2))`,
  );
  await query(
    source,
    `insert into ${TABLE} select i, timestamptz '2024-01-01' + i * interval '1 second', 'order ' || i, i / 7.0 from generate_series(1, ${rows}) i`,
  );
  await query(source, `create index on ${TABLE} (updated_at)`);
  await query(source, `vacuum analyze ${TABLE}`);
  await query(source, 'checkpoint');
  return source;
}

let runs = 0;

async function runnerOf(stack: BenchStack, peer: Peer, source: string): Promise<Runner> {
  const destination = await stack.database(`orders_target_${runs++}`);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-peer-'));
  const job: IncrementalJob = { source, destination, folder, table: TABLE, key: 'id', cursor: 'updated_at' };
  const run = async (into: Cost[] = []): Promise<void> => {
    process.stderr.write(`  ${peer.name} …\n`);
    await query(destination, 'checkpoint');
    into.push(await peer.incremental!(job));
  };
  return { job, run, report: { name: peer.name, first: [], nothing: [], changes: [] } };
}

/** Who failed once has no further turn. */
async function guarded(runner: Runner, use: (runner: Runner) => Promise<void>): Promise<void> {
  if (runner.report.failure !== undefined) return;
  try {
    await use(runner);
  } catch (error) {
    runner.report.failure = firstErrorLine(error);
  }
}

async function change(source: string, rows: number, round: number): Promise<void> {
  const every = Math.max(1, Math.floor(rows / CHANGED));
  await query(
    source,
    `update ${TABLE} set note = 'changed ${round}', updated_at = clock_timestamp() where id % ${every} = ${round % every} and id <= ${rows}`,
  );
}

/** Rows whose cursor is the largest that was already read: a reader that asks for more than it never sees them. */
async function addLateRows(source: string): Promise<void> {
  await query(
    source,
    `insert into ${TABLE} select 1000000000 + i, (select max(updated_at) from ${TABLE}), 'late', i from generate_series(1, ${LATE}) i`,
  );
}
