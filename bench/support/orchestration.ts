/**
 * Runs that have next to nothing to do: what is left is what running them costs.
 * @module
 */
import { historyCost } from './histories.js';
import { type Ends, query } from './database.js';
import { spentBy } from './memory.js';
import type { Measure } from './report.js';
import type { BenchRun, BenchStack } from './stack.js';
import { stepMeasures, stepsOf } from './steps.js';

const ROWS = 100;

export async function makeTinyTable({ source }: Ends): Promise<void> {
  await query(source, `create table tiny as select i as id, 'row ' || i as note from generate_series(1, ${ROWS}) as i`);
  await query(source, 'alter table tiny add primary key (id)');
  await query(source, 'vacuum analyze tiny');
}

export const connectTiny = (stack: BenchStack, ends: Ends, target: string): Promise<string> =>
  stack.connect([{ name: 'public.tiny', mode: 'incremental_append', cursorField: 'id', target: { table: target } }], ends);

/** One connection in which nothing has changed, run after run. */
export async function oneAfterTheOther(stack: BenchStack, connection: string, runs: number): Promise<Measure[]> {
  const before = await connectionCost(stack, connection);
  const { result: done, spent } = await spentBy(stack.pid, () => syncs(stack, connection, runs));
  const after = await connectionCost(stack, connection);
  const times = done.map(({ ms }) => ms);
  const total = times.reduce((sum, ms) => sum + ms, 0);
  const workflows = done.map(({ workflowId }) => workflowId);
  const { millrace, postgres, temporal } = spent.cpuSeconds;
  const perRun = (name: string, unit: Measure['unit'], sum: number): Measure => ({ name, unit, values: [sum / runs] });
  return [
    { name: 'no-op run, REST → succeeded', unit: 'ms', values: times },
    { name: 'no-op runs one after the other', unit: 'runs/s', values: [(runs / total) * 1_000] },
    perRun('no-op run: CPU of Millrace', 's', millrace),
    perRun('no-op run: CPU of Postgres', 's', postgres),
    perRun('no-op run: CPU of Temporal', 's', temporal),
    ...(await historyMeasures(stack, workflows.at(-1) ?? '')),
    perRun('no-op run: events in the history of its connection', '', after.events - before.events),
    perRun('no-op run: history of its connection', 'KB', (after.bytes - before.bytes) / 1024),
    ...stepMeasures(await stepsOf(stack.temporalAddress, workflows), 'no-op run'),
  ];
}

async function syncs(stack: BenchStack, connection: string, runs: number): Promise<BenchRun[]> {
  const done: BenchRun[] = [];
  while (done.length < runs) done.push(await stack.sync(connection));
  return done;
}

async function historyMeasures(stack: BenchStack, workflowId: string): Promise<Measure[]> {
  const { events, bytes } = await historyCost(stack.temporalAddress, workflowId);
  return [
    { name: 'no-op run: events', unit: '', values: [events] },
    { name: 'no-op run: history', unit: 'KB', values: [bytes / 1024] },
  ];
}

const connectionCost = (stack: BenchStack, connection: string): ReturnType<typeof historyCost> =>
  historyCost(stack.temporalAddress, `connection/${connection}`);

/** A run of each connection, all started at once. */
export async function allAtOnce(stack: BenchStack, connections: readonly string[], what: string): Promise<Measure[]> {
  const begun = performance.now();
  const { result: runs, spent } = await spentBy(stack.pid, () => Promise.all(connections.map((id) => stack.sync(id))));
  const ms = performance.now() - begun;
  const { millrace, postgres, temporal } = spent.cpuSeconds;
  const workflows = runs.map(({ workflowId }) => workflowId);
  const name = `${connections.length} runs at once, ${what}`;
  return [
    { name: `${name}: until all succeeded`, unit: 'ms', values: [ms] },
    { name: `${name}: each, REST → succeeded`, unit: 'ms', values: runs.map((run) => run.ms) },
    { name: `${name}: CPU of Millrace`, unit: 's', values: [millrace] },
    { name: `${name}: CPU of Postgres`, unit: 's', values: [postgres] },
    { name: `${name}: CPU of Temporal`, unit: 's', values: [temporal] },
    ...stepMeasures(await stepsOf(stack.temporalAddress, workflows), name),
  ];
}
