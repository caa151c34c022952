import { describeStream } from '../../connectors/sources/postgres/discover.js';
import { relationOf } from '../../connectors/sources/postgres/read.js';
import { upperBound } from '../../connectors/sources/postgres/upper-bound.js';
import { openSession } from '../../connectors/postgres/session.js';
import { START } from '../../checkpoint/position.js';
import { requireEqualTables } from '../support/content.js';
import { query } from '../support/database.js';
import { watchMemory } from '../support/memory.js';
import type { Measure, SuiteReport } from '../support/report.js';
import { type BenchStack, startBenchStack } from '../support/stack.js';
import type { SuiteOptions } from '../support/suite.js';

const TYPES = { bigint: 'id', timestamptz: 'at', timestamp: 'local' };
const LOOKS = 200;

cursors.about = 'what incremental reads cost beyond their rows';
/**
 * What incremental reads cost beyond their rows: the safe upper bound when nothing is in flight, and boundary sets when a
 * million rows share one cursor value.
 */
export async function cursors(stack: BenchStack, { quick, repeat }: SuiteOptions): Promise<SuiteReport> {
  const bounds = await boundCosts(await stack.database('bounds_source'), quick ? 20 : LOOKS);
  const rows = quick ? 20_000 : 1_000_000;
  const measures: Measure[] = [...bounds];
  for (let round = 0; round < repeat; round++) merge(measures, await boundaryMemory(rows));
  return { suite: 'cursors', facts: { 'rows at one value': rows, content: 'equal' }, measures };
}

function merge(measures: Measure[], more: readonly Measure[]): void {
  for (const measure of more) {
    const index = measures.findIndex(({ name }) => name === measure.name);
    const held = measures[index];
    if (held) measures[index] = { ...held, values: [...held.values, ...measure.values] };
    else measures.push(measure);
  }
}

/** The bound beside the plain `max(cursor)` that it replaces, in turns on one session. */
async function boundCosts(url: string, looks: number): Promise<Measure[]> {
  await query(url, `create table bounded (id bigserial primary key, at timestamptz, local timestamp, note text)`);
  await query(
    url,
    `insert into bounded (at, local, note) select t, t, 'n' from (select now() - interval '1 day' - i * interval '1 s' as t from generate_series(1, 200000) i) as s`,
  );
  await query(url, 'create index on bounded (at)');
  await query(url, 'create index on bounded (local)');
  await query(url, 'vacuum analyze bounded');
  const signal = new AbortController().signal;
  await using session = await openSession({ url, connectTimeoutMs: 10_000 }, { sessionName: 'millrace/bench/read', signal });
  const stream = await describeStream(session, 'public.bounded');
  const relation = relationOf(stream.name);
  const request = {
    ...{ stream, fields: stream.fields, sync: 'incremental' as const, primaryKey: ['id'], nullCursor: 'include' as const },
    ...{ rereadNullCursor: false, settleMs: 30_000, position: START, sliceRows: 1, sliceBytes: 1, tempDir: '' },
  };
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const read = { session, request, relation, from: relation, log, copy: () => Promise.reject(new Error('nothing is copied')) };
  const measures: Measure[] = [];
  for (const [type, name] of Object.entries(TYPES)) {
    const field = stream.fields.find((candidate) => candidate.name === name)!;
    const plain: number[] = [];
    const safe: number[] = [];
    for (let look = 0; look < looks; look++) {
      plain.push(await timed(() => session.rows(`select max(${name})::text from ${relation}`)));
      safe.push(await timed(() => upperBound(read, field)));
    }
    measures.push(
      { name: `plain max, ${type}`, unit: 'ms', values: plain },
      { name: `safe bound, ${type}`, unit: 'ms', values: safe },
    );
  }
  return measures;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

/** A stack of its own, so that nothing else has grown its memory before. */
async function boundaryMemory(rows: number): Promise<Measure[]> {
  await using stack = await startBenchStack();
  const [source, destination] = [await stack.database('ties_source'), await stack.database('ties_destination')];
  const streams = (table: string) => [{ name: `public.${table}`, mode: 'incremental_append', cursorField: 'at' }];
  const ends = { source, destination };
  const fill = (table: string, value: string): Promise<unknown> =>
    query(source, `insert into ${table} select i, ${value}, 'note ' || i, i / 7.0 from generate_series(1, ${rows}) i`);
  for (const table of ['apart', 'tied'])
    await query(source, `create table ${table} (id bigint, at timestamptz, note text, amount numeric(12,2))`);
  await fill('apart', `'2024-01-01'::timestamptz + i * interval '1 ms'`);
  await fill('tied', `'2024-01-01'::timestamptz`);
  await query(source, 'analyze');
  const memory = watchMemory(stack.pid);
  const ids = { apart: await stack.connect(streams('apart'), ends), tied: await stack.connect(streams('tied'), ends) };
  memory.take();
  await stack.sync(ids.apart);
  const base = memory.take();
  await stack.sync(ids.tied);
  const first = memory.take();
  await query(source, `insert into tied values (0, '2024-01-01', 'one more', 0)`);
  const again = await stack.sync(ids.tied);
  const second = memory.take();
  memory.stop();
  if (again.rows.loaded !== 1) throw new Error(`${again.rows.loaded} rows were loaded instead of 1`);
  await requireEqualTables(ends, { table: 'tied', columns: 'id, at, note, amount' });
  const mb = (bytes: number): number[] => [bytes / 1e6];
  return [
    { name: 'memory, values apart', unit: 'MB', values: mb(base) },
    { name: 'more memory, all at one value', unit: 'MB', values: mb(first - base) },
    { name: 'more memory, all read again', unit: 'MB', values: mb(second - base) },
    { name: 'time, all read again', unit: 'ms', values: [again.ms] },
  ];
}
