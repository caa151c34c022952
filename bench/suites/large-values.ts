import { query } from '../support/database.js';
import { raceFullRefresh } from '../support/full-refresh.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import type { SuiteOptions } from '../support/suite.js';

const DDL = 'create table documents (id bigint not null, body text not null)';
/** Hex digits of an md5 pack badly, as text of people does not; so many make a value of 1 MiB. */
const PARTS = 32_768;

largeValues.about = 'values of 1 MB, beside psql pipes';
export async function largeValues(stack: BenchStack, { quick, repeat }: SuiteOptions): Promise<SuiteReport> {
  const ends = { source: await stack.database('large_source'), destination: await stack.database('large_destination') };
  await query(ends.source, DDL);
  await query(
    ends.source,
    `insert into documents select i, string_agg(md5(i || '/' || part), '' order by part)
     from generate_series(1, ${quick ? 10 : 200}) as i, generate_series(1, ${PARTS}) as part group by i`,
  );
  await query(ends.source, 'alter table documents add primary key (id)');
  await query(ends.source, 'vacuum analyze documents');
  const race = { table: 'documents', columns: 'id, body', ddl: DDL, rounds: repeat };
  const { facts, measures } = await raceFullRefresh(stack, ends, race);
  return { suite: 'large-values', facts: { 'value MB': 1, ...facts }, measures };
}
