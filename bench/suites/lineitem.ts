import { LINEITEM_COLUMNS, LINEITEM_DDL, loadLineitem } from '../support/lineitem.js';
import { watchMemory } from '../support/memory.js';
import { hasPsql, psqlPipe } from '../support/psql-pipe.js';
import type { Measure, SuiteReport } from '../support/report.js';
import { type BenchStack, contentOf, query } from '../support/stack.js';

export interface SuiteOptions {
  readonly quick: boolean;
  readonly repeat: number;
  /** TPC-H scale factor; 1 = 6 million rows. */
  readonly scale: number;
}

/** Full refresh of TPC-H lineitem, Postgres → Postgres, beside what `psql` does with the same table, in turns. */
export async function lineitem(stack: BenchStack, { quick, repeat, scale: wanted }: SuiteOptions): Promise<SuiteReport> {
  const scale = quick ? 0.01 : wanted;
  const [source, destination] = [await stack.database('bench_source'), await stack.database('bench_destination')];
  await loadLineitem(source, scale);
  await query(destination, LINEITEM_DDL);
  const streams = (table: string, sql?: string) => [
    { name: 'public.lineitem', mode: 'full_refresh_overwrite', target: { table }, ...(sql ? { sql } : {}) },
  ];
  const plain = await stack.connect(streams('copied'), { source, destination });
  const transformed = await stack.connect(streams('transformed', 'select * from input'), { source, destination });
  const content = await contentOf(source, 'lineitem', LINEITEM_COLUMNS);
  const times: Record<string, number[]> = { csv: [], binary: [], plain: [], transformed: [] };
  const memory = watchMemory(stack.pid);
  const peaks = { plain: 0, transformed: 0 };
  let slices = 0;
  for (let round = 0; round < repeat; round++) {
    for (const format of hasPsql() ? (['csv', 'binary'] as const) : []) {
      await settle(destination);
      times[format]?.push(await psqlPipe(source, destination, 'lineitem', format));
    }
    await settle(destination);
    memory.take();
    const run = await stack.sync(plain);
    peaks.plain = Math.max(peaks.plain, memory.take());
    times['plain']?.push(run.ms);
    slices = run.slices;
    await settle(destination);
    memory.take();
    times['transformed']?.push((await stack.sync(transformed)).ms);
    peaks.transformed = Math.max(peaks.transformed, memory.take());
  }
  memory.stop();
  for (const table of ['copied', 'transformed']) {
    if ((await contentOf(destination, table, LINEITEM_COLUMNS)) !== content) throw new Error(`${table} differs from the source`);
  }
  const [{ rows } = { rows: '0' }] = await query<{ rows: string }>(source, 'select count(*) as rows from lineitem');
  return {
    suite: 'lineitem',
    facts: { scale, rows, slices, content: 'equal' },
    measures: measuresOf(times, Number(rows), peaks),
  };
}

/** Every contender begins with an empty target and nothing left to write back. */
async function settle(destination: string): Promise<void> {
  await query(destination, 'truncate lineitem');
  await query(destination, 'checkpoint');
}

function measuresOf(
  times: Readonly<Record<string, number[]>>,
  rows: number,
  peaks: { readonly plain: number; readonly transformed: number },
): Measure[] {
  const { csv = [], binary = [], plain = [], transformed = [] } = times;
  const ratio = (peer: readonly number[], own: readonly number[]): number[] => peer.map((ms, index) => ms / (own[index] ?? NaN));
  const peers: Measure[] = csv.length
    ? [
        { name: 'psql csv pipe', unit: 'ms', values: csv },
        { name: 'psql binary pipe', unit: 'ms', values: binary },
        { name: 'speed against psql csv', unit: '×', values: ratio(csv, plain) },
        { name: 'speed against psql binary', unit: '×', values: ratio(binary, plain) },
        { name: 'with a transform, against psql csv', unit: '×', values: ratio(csv, transformed) },
      ]
    : [];
  return [
    { name: 'Millrace', unit: 'ms', values: plain },
    { name: 'Millrace with select * from input', unit: 'ms', values: transformed },
    { name: 'Millrace', unit: 'rows/s', values: plain.map((ms) => (rows / ms) * 1_000) },
    ...peers,
    { name: 'peak memory of Millrace', unit: 'MB', values: [peaks.plain / 1e6] },
    { name: 'peak memory with a transform', unit: 'MB', values: [peaks.transformed / 1e6] },
  ];
}
