import { LINEITEM_COLUMNS, LINEITEM_DDL, loadLineitem } from '../support/lineitem.js';
import { raceFullRefresh } from '../support/full-refresh.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import { type SuiteOptions, scaleOf } from '../support/suite.js';

export type { SuiteOptions } from '../support/suite.js';

lineitem.about = 'full refresh of TPC-H lineitem, with and without a transform, beside psql pipes';
export async function lineitem(stack: BenchStack, options: SuiteOptions): Promise<SuiteReport> {
  const scale = scaleOf(options);
  const ends = { source: await stack.database('bench_source'), destination: await stack.database('bench_destination') };
  await loadLineitem(ends.source, scale);
  const { facts, measures } = await raceFullRefresh(stack, ends, {
    ...{ table: 'lineitem', columns: LINEITEM_COLUMNS, ddl: LINEITEM_DDL, rounds: options.repeat },
    sql: 'select * from input',
  });
  return { suite: 'lineitem', facts: { scale, ...facts }, measures };
}
