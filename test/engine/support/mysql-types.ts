/**
 * Every type of MySQL and MariaDB with values that are easily bent: how a statement writes them there, and what Postgres must
 * print of them.
 * @module
 */
export interface MysqlColumn {
  readonly name: string;
  /** In MySQL. */
  readonly type: string;
  /** In Postgres, as `format_type` prints it. */
  readonly target: string;
  /** SQL there → text here. The last of fewer values is repeated. */
  readonly values: readonly (readonly [sql: string, text: string | null])[];
}

const NULL = ['null', null] as const;

const column = (
  name: string,
  type: string,
  target: string,
  ...values: readonly (readonly [sql: string, text: string | null])[]
): MysqlColumn => ({ name, type, target, values: [...values, NULL] });

/** Values that Postgres prints as they were written. */
const same = (...texts: readonly string[]) => texts.map((text) => [text, text] as const);
const quoted = (...texts: readonly string[]) => texts.map((text) => [`'${text}'`, text] as const);

const LONG_DECIMAL = '12345678901234567890123456789012345.123456789012345678901234567890';

export const MYSQL_COLUMNS: readonly MysqlColumn[] = [
  column('c_bool', 'bool', 'boolean', ['0', 'false'], ['1', 'true']),
  column('c_tinyint', 'tinyint', 'smallint', ...same('-128', '127', '0')),
  column('c_utinyint', 'tinyint unsigned', 'smallint', ...same('0', '255')),
  column('c_smallint', 'smallint', 'smallint', ...same('-32768', '32767')),
  column('c_usmallint', 'smallint unsigned', 'integer', ...same('0', '65535')),
  column('c_mediumint', 'mediumint', 'integer', ...same('-8388608', '8388607')),
  column('c_umediumint', 'mediumint unsigned', 'integer', ...same('0', '16777215')),
  column('c_int', 'int', 'integer', ...same('-2147483648', '2147483647')),
  column('c_uint', 'int unsigned', 'bigint', ...same('0', '4294967295')),
  column('c_zerofill', 'int(8) zerofill', 'bigint', ...same('0', '42', '4294967295')),
  column('c_bigint', 'bigint', 'bigint', ...same('-9223372036854775808', '9223372036854775807', '9007199254740993')),
  column('c_ubigint', 'bigint unsigned', 'numeric(20,0)', ...same('0', '18446744073709551615', '9007199254740993')),
  column('c_decimal', 'decimal(12,3)', 'numeric(12,3)', ...same('-999999999.999', '0.001', '1.100')),
  column('c_decimal30', 'decimal(30,10)', 'numeric(30,10)', ...same('-99999999999999999999.9999999999', '0.0000000001')),
  column(
    'c_decimal38',
    'decimal(38,30)',
    'numeric(38,30)',
    ...same('99999999.999999999999999999999999999999', '-0.000000000000000000000000000001'),
  ),
  column(
    'c_decimal65',
    'decimal(65,30)',
    'numeric',
    ...same(LONG_DECIMAL, `-${LONG_DECIMAL}`, '1.100000000000000000000000000000'),
  ),
  column('c_decimal65_0', 'decimal(65,0)', 'numeric', ...same('9'.repeat(65), `-${'9'.repeat(65)}`)),
  column(
    'c_float',
    'float',
    'real',
    ...same('0.1', '16777217e0'.replace('16777217e0', '1.6777216e+07'), '3.4028235e+38', '-1e-38'),
  ),
  column('c_float_7_2', 'float(7,2)', 'real', ...same('12345.67', '-0.01')),
  column(
    'c_double',
    'double',
    'double precision',
    ...same('0.1', '1.7976931348623157e+308', '2.2250738585072014e-308', '0.30000000000000004'),
  ),
  column('c_double_10_2', 'double(10,2)', 'double precision', ...same('12345678.91', '-0.01')),
  column('c_bit1', 'bit(1)', 'boolean', [`b'0'`, 'false'], [`b'1'`, 'true']),
  column('c_bit10', 'bit(10)', 'integer', [`b'1111111111'`, '1023'], [`b'0000000001'`, '1']),
  column('c_bit40', 'bit(40)', 'bigint', ['0xFFFFFFFFFF', '1099511627775']),
  column('c_bit64', 'bit(64)', 'numeric(20,0)', ['0xFFFFFFFFFFFFFFFF', '18446744073709551615']),
  column('c_year', 'year', 'smallint', ...same('1901', '2155'), [`'0000'`, '0']),
  column('c_date', 'date', 'date', ...quoted('1000-01-01', '9999-12-31', '0001-01-01', '2024-02-29')),
  column('c_datetime', 'datetime', 'timestamp without time zone', ...quoted('1000-01-01 00:00:00', '9999-12-31 23:59:59')),
  column(
    'c_datetime6',
    'datetime(6)',
    'timestamp without time zone',
    ...quoted('9999-12-31 23:59:59.999999', '2024-03-31 02:30:00.000001'),
  ),
  column(
    'c_timestamp',
    'timestamp null',
    'timestamp with time zone',
    [`'1970-01-01 03:00:01'`, '1970-01-01 00:00:01+00'],
    [`'2038-01-19 06:14:07'`, '2038-01-19 03:14:07+00'],
  ),
  column('c_timestamp6', 'timestamp(6) null', 'timestamp with time zone', [
    `'2024-03-31 05:30:00.000001'`,
    '2024-03-31 02:30:00.000001+00',
  ]),
  column('c_time', 'time', 'text', ...quoted('838:59:59', '-838:59:59', '00:00:00', '-00:00:01')),
  column('c_time6', 'time(6)', 'text', ...quoted('23:59:59.999999', '-100:00:00.000001')),
  column('c_char', 'char(10)', 'text', [`'ab   '`, 'ab'], [`''`, '']),
  column(
    'c_varchar',
    'varchar(100)',
    'text',
    [`''`, ''],
    [`'NULL'`, 'NULL'],
    [`'\\\\N'`, '\\N'],
    [`'  a, "b"; \\'c\\' '`, `  a, "b"; 'c' `],
    [`'😀 ünï 漢字'`, '😀 ünï 漢字'],
    [`'trailing  '`, 'trailing  '],
  ),
  column('c_latin1', 'varchar(20) character set latin1', 'text', ['convert(0xC3A9E282AC using utf8mb4)', 'é€']),
  column(
    'c_text',
    'text',
    'text',
    [`'a\\nb\\r\\nc\\rd\\te'`, 'a\nb\r\nc\rd\te'],
    [`'\\\\.'`, '\\.'],
    [`char(0xFEFF using utf16)`, '\uFEFF'],
    [`'"'`, '"'],
  ),
  column('c_longtext', 'longtext', 'text', [`repeat('x"y\\n', 100000)`, 'x"y\n'.repeat(100_000)]),
  column('c_binary', 'binary(4)', 'bytea', [`'ab'`, '\\x61620000']),
  column(
    'c_varbinary',
    'varbinary(300)',
    'bytea',
    [`''`, '\\x'],
    ['0x00FF0A0D2C225C', '\\x00ff0a0d2c225c'],
    [`repeat(0x00, 300)`, `\\x${'00'.repeat(300)}`],
  ),
  column('c_blob', 'mediumblob', 'bytea', [`repeat(0xFE, 70000)`, `\\x${'fe'.repeat(70_000)}`]),
  column(
    'c_enum',
    `enum('b','a','','a "quoted", one')`,
    'text',
    [`'a'`, 'a'],
    [`''`, ''],
    [`'a "quoted", one'`, 'a "quoted", one'],
  ),
  column('c_set', `set('x','y','z')`, 'text', [`''`, ''], [`'z,x'`, 'x,z']),
  column(
    'c_json',
    'json',
    'jsonb',
    [`'{"b": [1, 2.50, null], "a": "ü😀"}'`, '{"a": "ü😀", "b": [1, 2.50, null]}'],
    [`'null'`, 'null'],
    [`'12345678901234567890'`, '12345678901234567890'],
  ),
  column(
    'c_geometry',
    'geometry',
    'text',
    ["st_geomfromtext('POINT(1 2)')", '0101000000000000000000F03F0000000000000040'],
    [`st_geomfromtext('POINT(1 2)', 4326)`, '0101000020E6100000000000000000F03F0000000000000040'],
  ),
  column('c_uuid', 'uuid', 'uuid', ...quoted('6ccd780c-baba-1026-9564-5b8c656024db')),
  column('c_inet6', 'inet6', 'text', [`'2001:db8::ff00:42:8329'`, '2001:db8::ff00:42:8329']),
  column('c_generated', `varchar(20) as (concat('g', id)) stored`, 'text'),
];

/** Of one row per value of the longest list. */
export const MYSQL_ROWS = Math.max(...MYSQL_COLUMNS.map(({ values }) => values.length));

const written = MYSQL_COLUMNS.filter(({ type }) => !type.includes(' as '));
const valueAt = ({ values }: MysqlColumn, row: number) => values[Math.min(row, values.length - 1)] ?? NULL;

/** Statements that make and fill `everything`, in a session with a zone of its own. */
export function createEverything(): string {
  const columns = MYSQL_COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ');
  const rows = Array.from(
    { length: MYSQL_ROWS },
    (_, row) => `(${[row + 1, ...written.map((each) => valueAt(each, row)[0])].join(', ')})`,
  );
  return `set time_zone = '+03:00'; set sql_mode = '';
    create table everything (id int primary key, ${columns}) default charset utf8mb4;
    insert into everything (id, ${written.map(({ name }) => name).join(', ')}) values ${rows.join(', ')}`;
}

/** What Postgres must print, by column, in the order of `id`. */
export const expectedTexts = (column: MysqlColumn): readonly (string | null)[] =>
  Array.from({ length: MYSQL_ROWS }, (_, row) => (written.includes(column) ? valueAt(column, row)[1] : `g${row + 1}`));
