import type { SuiteReport } from '../support/report.js';
import { type BenchStack, contentOf, query } from '../support/stack.js';
import type { SuiteOptions } from './lineitem.js';

const ROWS = 10_000;
const CHANGED = 500;

/** What a small table costs, from the REST call to `succeeded` on a running stack. */
export async function small(stack: BenchStack, { repeat }: SuiteOptions): Promise<SuiteReport> {
  const times = { first: [] as number[], nothing: [] as number[], changes: [] as number[] };
  for (let round = 0; round < Math.max(repeat, 5); round++) {
    const [source, destination] = [await stack.database('small_source'), await stack.database('small_destination')];
    await query(
      source,
      `create table orders (id bigint primary key, updated_at timestamptz not null, note text, amount numeric(10,2))`,
    );
    await query(
      source,
      `insert into orders select i, clock_timestamp(), 'order ' || i, i / 7.0 from generate_series(1, ${ROWS}) i`,
    );
    await query(source, 'analyze orders');
    const id = await stack.connect([{ name: 'public.orders', mode: 'incremental_deduped', cursorField: 'updated_at' }], {
      source,
      destination,
    });
    times.first.push((await stack.sync(id)).ms);
    times.nothing.push((await stack.sync(id)).ms);
    await query(source, `update orders set note = 'changed', updated_at = clock_timestamp() where id <= ${CHANGED}`);
    times.changes.push((await stack.sync(id)).ms);
    const [wanted, held] = [
      await contentOf(source, 'orders', 'id, updated_at, note, amount'),
      await contentOf(destination, 'orders', 'id, updated_at, note, amount'),
    ];
    if (wanted !== held) throw new Error('the target differs from the source');
  }
  return {
    suite: 'small',
    facts: { rows: ROWS, changed: CHANGED, content: 'equal' },
    measures: [
      { name: 'first sync', unit: 'ms', values: times.first },
      { name: 'nothing changed', unit: 'ms', values: times.nothing },
      { name: `${CHANGED} changed rows merged`, unit: 'ms', values: times.changes },
    ],
  };
}
