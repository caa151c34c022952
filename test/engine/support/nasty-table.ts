import { expect } from 'vitest';
import type { TestDatabase } from '../../support/servers.js';

/** Every built-in type with the values that other tools change silently; each value and type must come out the same. */
export const TYPES: readonly (readonly [type: string, ...values: string[]])[] = [
  ['boolean', 'true', 'false'],
  ['smallint', '-32768', '32767'],
  ['integer', '-2147483648', '2147483647'],
  ['bigint', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
  ['oid', '0', '4294967295'],
  ['xid', '4294967295'],
  ['xid8', '18446744073709551615'],
  ['real', 'NaN', 'Infinity', '-Infinity', '-0', '1e-45', '3.4028235e38', '0.1'],
  ['double precision', 'NaN', 'Infinity', '-Infinity', '-0', '5e-324', '1.7976931348623157e308', '0.1'],
  ['numeric', 'NaN', 'Infinity', '-Infinity', '1.10', '0.000', '-12345678901234567890123456789012345678901234567890.123456789'],
  ['numeric(10,2)', '99999999.99', '-0.01', '1.10', 'NaN'],
  ['numeric(38,18)', '12345678901234567890.123456789012345678', '-0.000000000000000001'],
  ['numeric(19,0)', '1234567890123456789'],
  ['numeric(50,3)', '12345678901234567890123456789012345678901234567.123'],
  ['numeric(3,-2)', '12300'],
  ['money', '-92233720368547758.08', '12.34'],
  [
    'text',
    '',
    ' ',
    'NULL',
    'null',
    '\\N',
    '\\.',
    '"',
    '""',
    "it's",
    ',',
    'a,b',
    '\n',
    '\r\n',
    '\r',
    'tab\there',
    '😀 é ß 漢',
    '\u{feff}bom',
    '#c',
    '\u2028',
    'x'.repeat(1_000_000),
  ],
  ['varchar(5)', '', 'abcde', 'é漢😀'],
  ['char(5)', '', 'ab', '     '],
  ['"char"', 'a'],
  ['name', 'pg_class'],
  ['date', '2024-02-29', '0001-01-01', '0044-03-15 BC', 'infinity', '-infinity', '99999-12-31'],
  ['timestamp', '2024-02-29 12:34:56.123456', '0044-03-15 10:00:00 BC', 'infinity', '-infinity', '0001-01-01 00:00:00'],
  [
    'timestamptz',
    '2024-02-29 12:34:56.123456+05:30',
    '0044-03-15 10:00:00+00 BC',
    'infinity',
    '-infinity',
    '1890-01-01 00:00:00+00',
  ],
  ['time', '00:00:00', '23:59:59.999999', '24:00:00'],
  ['timetz', '12:34:56.123456+05:30', '24:00:00-15:59'],
  ['interval', '1 year 2 mons 3 days 04:05:06.000007', '-1 days +02:00:00', '178000000 years', '00:00:00', '24:00:00', '1 day'],
  ['uuid', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['json', '{"a" : 1, "a": 2}', 'null', '"\\ud83d"', '1e400', ' [1, 2]  '],
  ['jsonb', '{"a": 1.10, "b": 1e400}', 'null', '"text"', '123456789012345678901234567890.5', '[]', 'true'],
  ['bytea', '', '\\x00ff', '\\x5c4e', `\\x${'5c00'.repeat(500_000)}`],
  ['xml', '<?xml version="1.0" encoding="UTF-8"?><a>é</a>', '<b/>'],
  ['inet', '192.168.1.1/24', '::1', '10.0.0.1'],
  ['cidr', '10.0.0.0/8', '::/0'],
  ['macaddr', '08:00:2b:01:02:03'],
  ['macaddr8', '08:00:2b:01:02:03:04:05'],
  ['bit(4)', '1010'],
  ['bit varying', '', '10101'],
  ['point', '(1.5,-2)'],
  ['line', '{1,2,3}'],
  ['lseg', '[(0,0),(1,1)]'],
  ['box', '(1,1),(0,0)'],
  ['path', '((0,0),(1,1))', '[(0,0),(1,1)]'],
  ['polygon', '((0,0),(1,1),(2,0))'],
  ['circle', '<(1,2),3>'],
  ['tsvector', "'a':1A 'b':2"],
  ['tsquery', "'a' & !'b'"],
  ['pg_lsn', '16/B374D848'],
  ['pg_snapshot', '10:20:10,14,15'],
  ['jsonpath', '$."a"[*]'],
  ['tid', '(1,2)'],
  ['int4range', 'empty', '[1,5)', '(,)'],
  ['int8range', '[9007199254740993,)'],
  ['numrange', '[1.10,2.20]'],
  ['daterange', '[2024-01-01,2024-02-01)'],
  ['tsrange', '["2024-01-01 00:00:00","2024-02-01 00:00:00")'],
  ['tstzrange', '["2024-01-01 00:00:00+00",)'],
  ['int4multirange', '{}', '{[1,3),[5,7)}'],
  ['mood', 'sad', 'happy, "very"', '', 'NULL', '{x}'],
  ['mood[]', '{sad,NULL,"NULL",""}'],
  ['int[]', '{}', '{1,NULL,-3}', '{{1,2},{3,4}}', '[0:1]={5,6}'],
  ['bigint[]', '{9223372036854775807}'],
  ['boolean[]', '{t,NULL,f}'],
  ['numeric[]', '{1.10,NaN,NULL}'],
  ['numeric(10,2)[]', '{1.10,-2.00}'],
  ['double precision[]', '{NaN,Infinity,0.1,-0}'],
  ['uuid[]', '{00000000-0000-0000-0000-000000000000}'],
  ['text[]', '{}', '{{a,NULL},{"",b}}', '{"",NULL,"NULL","a,b","\\"q\\"","{x}"}'],
  ['date[]', '{2024-01-01,NULL}'],
  ['timestamptz[]', '{"2024-01-01 00:00:00.000001+00"}'],
  ['jsonb[]', '{"{\\"a\\": 1.10}",NULL}'],
  ['bytea[]', '{"\\\\x00ff"}'],
  ['interval[]', '{"1 day"}'],
  ['int4range[]', '{"[1,5)",empty}'],
];

/** An enum whose labels look like something else. */
export const MOOD = `create type mood as enum ('sad', 'happy, "very"', '', 'NULL', '{x}')`;

/** One row more than the longest list of values: all its columns are NULL. */
export const NASTY_ROWS = Math.max(...TYPES.map(([, ...values]) => values.length)) + 1;

/** `everything (id, c0, c1, …)` with a column for each type. */
export async function createNastyTable(database: TestDatabase): Promise<void> {
  await database.query(MOOD);
  await database.query(
    `create table everything (id int primary key, ${TYPES.map(([type], index) => `c${index} ${type}`).join(', ')})`,
  );
  for (let row = 0; row < NASTY_ROWS; row++) {
    const values = TYPES.map(([type, ...list]) => literal(list[row], type));
    await database.query(`insert into everything values (${row}, ${values.join(', ')})`);
  }
}

export const typeOf = (column: string): string => TYPES[Number(column.slice(1))]?.[0] ?? '';

export const TYPE_NAMES = `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
  where attrelid = '%s'::regclass and attnum > 0 and attname not like '\\_millrace%' order by attnum`;

export interface Held {
  readonly table: string;
  readonly where?: string;
  /** Those that were selected. */
  readonly columns?: readonly string[];
}

/** Type and value of every column are those of the source. */
export async function expectIdentical(
  { source, destination }: { readonly source: TestDatabase; readonly destination: TestDatabase },
  { table, where = 'true', columns = TYPES.map((_, index) => `c${index}`) }: Held,
): Promise<void> {
  const names = new Set(['id', ...columns]);
  const wantedTypes = await source.query<{ name: string }>(TYPE_NAMES.replace('%s', 'everything'));
  expect(await destination.query(TYPE_NAMES.replace('%s', table))).toEqual(wantedTypes.filter(({ name }) => names.has(name)));
  const texts = columns.map((column) => `md5(${column}::text) as "${typeOf(column).replaceAll('"', '')} ${column}"`).join(', ');
  const wanted = await source.query(`select id, ${texts} from everything order by id`);
  const held = await destination.query(`select id, ${texts} from ${table} where ${where} order by id`);
  held.forEach((row, index) => expect(row, `row ${index}`).toEqual(wanted[index]));
  expect(held).toHaveLength(NASTY_ROWS);
}

const literal = (text: string | undefined, type: string): string => (text === undefined ? 'null' : `${quote(text)}::${type}`);
const quote = (text: string): string =>
  `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
