import { query } from '../support/database.js';
import { raceFullRefresh } from '../support/full-refresh.js';
import type { SuiteReport } from '../support/report.js';
import type { BenchStack } from '../support/stack.js';
import type { SuiteOptions } from '../support/suite.js';

const COLUMNS = 300;
/** In turns over the columns: type, and a value of row `i` and column `n`; every seventh is NULL. */
const KINDS = [
  ['bigint', 'i * n'],
  ['text', `'value ' || i % 1000 || ' of ' || n`],
  ['numeric(15,2)', '(i * n)::numeric / 7'],
  ['timestamptz', `'2024-01-01'::timestamptz + i * n * interval '1 ms'`],
  ['boolean', '(i + n) % 2 = 0'],
  ['double precision', 'i::float8 / n'],
] as const;

wide.about = `one table of ${COLUMNS} columns, beside psql pipes`;
export async function wide(stack: BenchStack, { quick, repeat }: SuiteOptions): Promise<SuiteReport> {
  const ends = { source: await stack.database('wide_source'), destination: await stack.database('wide_destination') };
  const columns = Array.from({ length: COLUMNS }, (_, index) => columnOf(index + 1));
  const ddl = `create table wide (id bigint primary key, ${columns.map(({ definition }) => definition).join(', ')})`;
  await query(ends.source, ddl);
  const values = columns.map(({ value }) => value).join(', ');
  await query(ends.source, `insert into wide select i, ${values} from generate_series(1, ${quick ? 1_000 : 50_000}) as i`);
  await query(ends.source, 'vacuum analyze wide');
  const names = ['id', ...columns.map(({ name }) => name)].join(', ');
  const race = { table: 'wide', columns: names, ddl: ddl.replace(' primary key', ''), rounds: repeat };
  const { facts, measures } = await raceFullRefresh(stack, ends, race);
  return { suite: 'wide', facts: { columns: COLUMNS + 1, ...facts }, measures };
}

function columnOf(number: number): { readonly name: string; readonly definition: string; readonly value: string } {
  const [type, expression] = KINDS[number % KINDS.length]!;
  const name = `c${number}`;
  const value = `case when (i + ${number}) % 7 > 0 then ${expression.replaceAll(/\bn\b/g, String(number))} end`;
  return { name, definition: `${name} ${type}`, value };
}
