import { query } from '../support/database.js';
import type { BenchStack } from '../support/stack.js';
import { columnsOf, expressions, inUtc, retypedColumns } from './content.js';
import { firstErrorLine } from './first-error.js';
import type { Peer } from './peer.js';
import { withTarget } from './turns.js';

/** Values that tools change silently, each kind in a column of its own. */
const HARD_VALUES: Readonly<Record<string, readonly [type: string, ...values: (string | null)[]]>> = {
  empty_text: ['text', '', null, ' ', 'NULL'],
  hard_text: ['text', 'line\nfeed, "quoted" it\'s', 'back\\slash \\N', '\\.', 'tab\there 😀\r\n'],
  int_array: ['integer[]', '{1,NULL,3}', '{}', null, '{2147483647}'],
  matrix: ['integer[]', '{{1,2},{3,4}}', '{5}', null, '{}'],
  numeric_nan: ['numeric', 'NaN', '1.5', null, '-2.25'],
  numeric_digits: [
    'numeric',
    '12345678901234567890123456789012345678901234567.123456789',
    '0.00000000000000000000000000000001',
    '1',
    null,
  ],
  numeric_38: ['numeric(38,18)', '12345678901234567890.123456789012345678', '-0.000000000000000001', '0', null],
  json_decimal: ['jsonb', '{"a": 0.1234567890123456789012345}', '[0.1, 123456789.123456789123456789]', '{}', '[]'],
  json_integer: ['jsonb', '{"a": 12345678901234567890123}', '[1]', '{}', '[]'],
  json_null: ['jsonb', 'null', null, '{"a": null}', '[null]'],
  micros: ['timestamptz', '2024-02-29 12:34:56.123456+05:30', '1969-12-31 23:59:59.999999+00', null, '2024-03-31 01:30:00+00'],
  infinite: ['timestamptz', 'infinity', '-infinity', null, '2024-01-01 00:00:00+00'],
  early: ['date', '0044-03-15 BC', '0001-01-01', '2024-02-29', null],
  bytes: ['bytea', '\\x', '\\x00ff', null, '\\xdeadbeef'],
  padded: ['char(8)', 'ab', 'abcdefgh', '', null],
  flag: ['boolean', 'true', 'false', null, 'true'],
  span: ['interval', '1 year 2 mons 3 days 04:05:06.000007', '-1 days +02:00:00', '24:00:00', null],
  identifier: ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000000', null, null],
  end_of_day: ['time', '24:00:00', '23:59:59.999999', '00:00:00', null],
  double8: ['double precision', 'NaN', 'Infinity', '5e-324', '0.1'],
  real4: ['real', '0.1', '3.4028235e38', '-Infinity', null],
  big: ['bigint', '9223372036854775807', '-9223372036854775808', '9007199254740993', null],
};

const ROWS = 4;

export interface Difference {
  readonly outcome: 'changed' | 'missing' | 'failed';
  /** The first value that differs, or the error. */
  readonly detail: string;
}

export interface HardValuesReport {
  readonly name: string;
  /** When the table could not be copied as a whole: why. Each column was then copied by itself. */
  readonly whole?: string;
  /** Columns that did not come through as they were, with what happened. */
  readonly differences: Readonly<Record<string, Difference>>;
  /** Columns of another type. */
  readonly retyped: Readonly<Record<string, string>>;
}

/** What each peer makes of hard values: the table as a whole, or column by column where that fails. */
export async function copyHardValues(stack: BenchStack, peers: readonly Peer[]): Promise<HardValuesReport[]> {
  const source = await stack.database('hard_source');
  await makeTable(source, 'hard_values', Object.keys(HARD_VALUES));
  for (const name of Object.keys(HARD_VALUES)) await makeTable(source, `hard_${name}`, [name]);
  const reports = [];
  for (const peer of peers) {
    process.stderr.write(`  ${peer.name}: hard values …\n`);
    reports.push(await reportOf(stack, peer, source));
  }
  return reports;
}

async function makeTable(source: string, table: string, names: readonly string[]): Promise<void> {
  const columns = names.map((name) => `${name} ${HARD_VALUES[name]![0]}`);
  await query(source, `create table ${table} (id integer primary key, ${columns.join(', ')})`);
  for (let row = 1; row <= ROWS; row++) {
    const values = names.map((name) => literal(HARD_VALUES[name]![row] ?? null));
    await query(source, `insert into ${table} values (${row}, ${values.join(', ')})`);
  }
}

const literal = (value: string | null): string => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`);

async function reportOf(stack: BenchStack, peer: Peer, source: string): Promise<HardValuesReport> {
  try {
    return { name: peer.name, ...(await copyTable(stack, peer, { source, table: 'hard_values' })) };
  } catch (error) {
    return { name: peer.name, whole: firstErrorLine(error), ...(await copyColumns(stack, peer, source)) };
  }
}

interface Differences {
  readonly differences: Readonly<Record<string, Difference>>;
  readonly retyped: Readonly<Record<string, string>>;
}

async function copyColumns(stack: BenchStack, peer: Peer, source: string): Promise<Differences> {
  const all: Differences = { differences: {}, retyped: {} };
  for (const name of Object.keys(HARD_VALUES)) {
    const found = await copyTable(stack, peer, { source, table: `hard_${name}` }).catch((error: unknown) => ({
      differences: { [name]: { outcome: 'failed' as const, detail: firstErrorLine(error) } },
      retyped: {},
    }));
    Object.assign(all.differences, found.differences);
    Object.assign(all.retyped, found.retyped);
  }
  return all;
}

function copyTable(
  stack: BenchStack,
  peer: Peer,
  from: { readonly source: string; readonly table: string },
): Promise<Differences> {
  return withTarget(stack, async ({ destination, folder }) => {
    await peer.fullRefresh({ ...from, destination, folder });
    return differencesOf(from.source, destination, from.table);
  });
}

type Row = Readonly<Record<string, string | null>>;

async function differencesOf(source: string, destination: string, table: string): Promise<Differences> {
  const [wanted, held] = [await columnsOf(source, table), await columnsOf(destination, table)];
  if (held.length === 0) throw new Error(`Error: it ended well, and there is no table ${table}`);
  const common = wanted.filter(({ name }) => held.some((column) => column.name === name));
  const from = await rowsOf(source, table, expressions(common, wanted));
  const to = await rowsOf(destination, table, expressions(common, held));
  const stored = await rowsOf(destination, table, expressions(common, common));
  const differences: Record<string, Difference> = {};
  for (const { name } of wanted) {
    const detail = name in (from[0] ?? {}) ? differenceOf(name, from, { to, stored }) : 'no such column';
    if (detail !== undefined)
      differences[name] = { outcome: common.some((column) => column.name === name) ? 'changed' : 'missing', detail };
  }
  return { differences, retyped: retypedColumns(common, held) };
}

function rowsOf(url: string, table: string, values: Readonly<Record<string, string>>): Promise<Row[]> {
  const list = Object.entries(values).map(([name, value]) => `(${value}) as "${name}"`);
  return query<Row>(inUtc(url), `select ${list.join(', ')} from public.${table} order by id`);
}

/** The first row whose value differs, for people: as it was, and as it is stored now. */
function differenceOf(
  name: string,
  from: readonly Row[],
  { to, stored }: { readonly to: readonly Row[]; readonly stored: readonly Row[] },
): string | undefined {
  for (const row of from) {
    const index = to.findIndex(({ id }) => id === row['id']);
    if (index === -1) return `row ${row['id']} is missing`;
    if (to[index]?.[name] !== row[name]) return `${show(row[name])} → ${show(stored[index]?.[name])}`;
  }
  return undefined;
}

const show = (value: string | null | undefined): string => (value == null ? 'NULL' : JSON.stringify(value));
