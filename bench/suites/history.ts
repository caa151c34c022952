import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requireEqualTables } from '../support/content.js';
import { query } from '../support/database.js';
import { historyCost } from '../support/histories.js';
import type { SuiteReport } from '../support/report.js';
import { type BenchStack, startBenchStack } from '../support/stack.js';
import type { SuiteOptions } from '../support/suite.js';

/** A slice has at least so many rows. */
const SLICE_ROWS = 1_000;
/** As long as Postgres allows. */
const LONG_NAME = 'a_schema_whose_name_is_as_long_as_postgres_lets_it_be_and_no_l';

history.about = 'what a run of 1,000 slices and one of 2,000 streams cost Temporal';
/**
 * What runs cost Temporal: a run of a thousand slices, and one of two thousand streams with long names. Its warnings, which
 * say that a limit is near, are looked for in its log.
 */
export async function history(_stack: BenchStack, { quick }: SuiteOptions): Promise<SuiteReport> {
  await using stack = await startBenchStack({ MILLRACE_SLICE_BYTES: '20000' });
  const slices = await manySlices(stack, quick ? 50 : 1_000);
  const streams = await manyStreams(stack, quick ? 50 : 2_000);
  const warnings = await limitWarnings(stack.home);
  if (warnings.length > 0) throw new Error(`Temporal warned: ${warnings[0]}`);
  return {
    suite: 'history',
    facts: { slices: slices.slices, streams: streams.streams, content: 'equal', 'limit warnings of Temporal': 0 },
    measures: [...measures('slices', slices.slices, slices.cost), ...measures('streams', streams.streams, streams.cost)],
  };
}

function measures(name: string, units: number, cost: Awaited<ReturnType<typeof historyCost>>): SuiteReport['measures'] {
  const unit = name.slice(0, -1);
  return [
    { name: `${name}: events a ${unit}`, unit: '', values: [cost.events / units] },
    { name: `${name}: history a ${unit}`, unit: 'KB', values: [cost.bytes / units / 1024] },
    { name: `${name}: histories of the run`, unit: '', values: [cost.histories] },
    { name: `${name}: events of the longest history`, unit: '', values: [cost.longest] },
    { name: `${name}: largest payload`, unit: 'KB', values: [cost.largestPayload / 1024] },
  ];
}

async function manySlices(stack: BenchStack, wanted: number) {
  const [source, destination] = [await stack.database('slices_source'), await stack.database('slices_destination')];
  await query(source, `create table events (id bigint primary key, note text)`);
  await query(source, `insert into events select i, 'e' || i from generate_series(1, ${wanted * SLICE_ROWS}) i`);
  await query(source, 'analyze events');
  const id = await stack.connect([{ name: 'public.events', mode: 'incremental_append', cursorField: 'id' }], {
    source,
    destination,
  });
  const run = await stack.sync(id);
  await requireEqualTables({ source, destination }, { table: 'events', columns: 'id, note' });
  return { slices: run.slices, cost: await historyCost(stack.temporalAddress, run.workflowId) };
}

async function manyStreams(stack: BenchStack, streams: number) {
  const [source, destination] = [await stack.database('streams_source'), await stack.database('streams_destination')];
  const tables = Array.from({ length: streams }, (_, index) => `${LONG_NAME.slice(0, 55)}_${String(index).padStart(5, '0')}`);
  await query(source, `create schema ${LONG_NAME}`);
  for (const table of tables) await query(source, `create table ${LONG_NAME}.${table} as select 1 as id, '${table}' as note`);
  const names = tables.map((table) => ({ name: `${LONG_NAME}.${table}`, mode: 'incremental_append', cursorField: 'id' }));
  const targets = names.map((stream, index) => ({ ...stream, target: { table: tables[index] } }));
  const id = await stack.connect(targets, { source, destination });
  const run = await stack.sync(id);
  const [{ rows } = { rows: '' }] = await query<{ rows: string }>(
    destination,
    `select count(*) as rows from _millrace.ledger where loaded = 1`,
  );
  if (Number(rows) !== streams) throw new Error(`${rows} of ${streams} streams were loaded`);
  return { streams, cost: await historyCost(stack.temporalAddress, run.workflowId) };
}

/** Lines in which the server says that a limit is near or was passed. */
async function limitWarnings(home: string): Promise<string[]> {
  const logs = (await readdir(home, { recursive: true })).filter((name) => name.endsWith('.log'));
  const texts = await Promise.all(logs.map((name) => readFile(join(home, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n')).filter((line) => /exceeds (the )?(warn|error)/i.test(line));
}
