import { requireEqualTables } from '../support/content.js';
import { type Ends, query } from '../support/database.js';
import type { Measure, SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import type { SuiteOptions } from '../support/suite.js';

const ROWS = 10_000;
const CHANGED = 500;

small.about = 'first sync, no change and 500 changes, of 10,000 and of a million rows';
/** What little work costs, from the REST call to `succeeded` on a running stack. */
export async function small(stack: BenchStack, { quick, repeat }: SuiteOptions): Promise<SuiteReport> {
  const many = quick ? 50_000 : 1_000_000;
  const rounds = quick ? 1 : Math.max(repeat, 5);
  const times: Times = { first: [], nothing: [], changes: [] };
  for (let round = 0; round < rounds; round++) await syncTable(stack, { rows: ROWS, rounds: 1, times });
  const large: Times = { first: [], nothing: [], changes: [] };
  await syncTable(stack, { rows: many, rounds, times: large });
  return {
    suite: 'small',
    facts: { rows: ROWS, changed: CHANGED, 'rows of the large table': many, content: 'equal' },
    measures: [...measuresOf(times, ''), ...measuresOf(large, ', large table')],
  };
}

interface Times {
  readonly first: number[];
  readonly nothing: number[];
  readonly changes: number[];
}

/** A new table each time; then, `rounds` times, a run that finds nothing and one that finds changes. */
async function syncTable(
  stack: BenchStack,
  { rows, rounds, times }: { readonly rows: number; readonly rounds: number; readonly times: Times },
): Promise<void> {
  const ends = { source: await stack.database('small_source'), destination: await stack.database('small_destination') };
  await makeOrders(ends, rows);
  const stream = { name: 'public.orders', mode: 'incremental_deduped', cursorField: 'updated_at' };
  const id = await stack.connect([stream], ends);
  times.first.push((await stack.sync(id)).ms);
  for (let round = 0; round < rounds; round++) {
    times.nothing.push((await stack.sync(id)).ms);
    await query(
      ends.source,
      `update orders set note = 'changed ${round}', updated_at = clock_timestamp() where id <= ${CHANGED}`,
    );
    times.changes.push((await stack.sync(id)).ms);
  }
  await requireEqualTables(ends, { table: 'orders', columns: 'id, updated_at, note, amount' });
}

async function makeOrders({ source }: Ends, rows: number): Promise<void> {
  await query(
    source,
    `create table orders (id bigint primary key, updated_at timestamptz not null, note text, amount numeric(10,2))`,
  );
  await query(
    source,
    `insert into orders select i, clock_timestamp(), 'order ' || i, i / 7.0 from generate_series(1, ${rows}) i`,
  );
  await query(source, 'create index on orders (updated_at)');
  await query(source, 'vacuum analyze orders');
}

const measuresOf = ({ first, nothing, changes }: Times, of: string): Measure[] => [
  { name: `first sync${of}`, unit: 'ms', values: first },
  { name: `nothing changed${of}`, unit: 'ms', values: nothing },
  { name: `${CHANGED} changed rows merged${of}`, unit: 'ms', values: changes },
];
