import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { HARMLESS } from './fixtures/harmless.js';
import { HOSTILE } from './fixtures/hostile.js';
import { isAllowedFunction, isAllowedTableFunction } from './functions.js';
import { checkSql } from './index.js';

const hostile = Object.entries(HOSTILE).flatMap(([aim, statements]) => statements.map((sql) => [aim, sql] as const));

test('there are at least 88 hostile probes', () => expect(hostile.length).toBeGreaterThanOrEqual(88));

test.each(hostile)('refuses to %s: %s', async (_aim, sql) => {
  const check = await checkSql(sql);
  expect(check.ok).toBe(false);
  if (!check.ok) expect(check.errors[0]?.message).toMatch(/\S/);
});

test.each(HARMLESS)('allows %s', async (sql) => {
  expect(await checkSql(sql)).toEqual({ ok: true });
});

test('says line, column and position of a syntax error, in characters', async () => {
  const sql = `select 'ä€😀',\n  id frm input`;
  expect(await checkSql(sql)).toEqual({
    ok: false,
    errors: [{ message: expect.stringContaining('"input"') as string, line: 2, column: 10, position: sql.indexOf('input') }],
  });
});

test('says the place of a refusal behind characters of several bytes', async () => {
  const sql = `select 'ä€😀', getvariable('a')`;
  expect(await checkSql(sql)).toMatchObject({ ok: false, errors: [{ position: sql.indexOf('getvariable') }] });
});

test('lists every refusal in the order of the text', async () => {
  const sql = `select current_setting('a')\nfrom read_text('/etc/passwd')`;
  const check = await checkSql(sql);
  expect(check).toMatchObject({
    ok: false,
    errors: [
      { message: 'The function current_setting is not allowed in a transform.', line: 1, column: 8 },
      { message: 'The table function read_text is not allowed in a transform.', line: 2, column: 6 },
    ],
  });
});

test('other inputs can be declared, and only those', async () => {
  expect(await checkSql('select * from orders join Customers using (id)', ['orders', 'customers'])).toEqual({ ok: true });
  expect(await checkSql('select * from input', ['orders'])).toMatchObject({ ok: false });
});

test.each([
  ['parentheses', `select ${'('.repeat(40_000)}1${')'.repeat(40_000)}`],
  ['operators', `select 1${'+1'.repeat(45_000)}`],
  ['subqueries', `select * from ${'(select * from '.repeat(6_000)}input${')'.repeat(6_000)}`],
  ['unions', `select 1${' union all select 1'.repeat(5_000)}`],
  ['conjunctions', `select 1${' and 1'.repeat(16_000)}`],
  ['functions', `select ${'abs('.repeat(15_000)}1${')'.repeat(15_000)}`],
  ['types', `select x::int${'[]'.repeat(40_000)}`],
  ['comments', `${'/*'.repeat(25_000)}${'*/'.repeat(24_990)} select 1`],
  ['commas', `select 1${',1'.repeat(49_000)}`],
  ['length', `select '${'x'.repeat(200_000)}'`],
])('a text of endless %s is answered', { timeout: 30_000 }, async (_what, sql) => {
  expect(await checkSql(sql)).toBeDefined();
});

/** Looked at one by one and left out; `functions.ts` says by what rule. */
const KNOWN_AND_REFUSED = new RegExp(
  `^(${[
    '__internal_.*|icu_collate_.*|pg_(?!typeof|size_pretty).*|has_.*|st_.*|variant_.*|obj_description|col_description|shobj_description|inet_(client|server)_.*',
    'current_(catalog|database|query|query_id|role|schema|schemas|user|connection_id|transaction_id|setting)|session_user|user|version',
    'format_pg_type|format_type|map_to_pg_oid|get_block_size|in_search_path|txid_current|stats',
    'can_cast_implicitly|cast_to_type|get_type|make_type|replace_type|remap_struct|combine|finalize|create_sort_key|timetz_byte_comparable',
    'is_histogram_other_bin|unpivot_list|parse_duckdb_log_message|write_log|getvariable|currval|nextval|setseed|sleep_ms',
    'json_deserialize_sql|json_serialize_sql|json_serialize_plan',
  ].join('|')})$`,
);

const KNOWN_TABLE_FUNCTIONS = new RegExp(
  `^(${[
    'arrow_scan.*|duckdb_.*|pragma_.*|parquet_.*|read_.*|enable_.*|disable_.*|check_peg_parser|checkpoint|force_checkpoint|glob|histogram.*',
    'icu_calendar_names|pg_timezone_names|json_execute_serialized_sql|query|query_table|repeat|seq_scan|sniff_csv|sql_auto_complete|summary',
    'test_.*|truncate_duckdb_logs|which_secret',
  ].join('|')})$`,
);

test('every function of this DuckDB is either allowed or known and refused', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = await (
    await connection.run('select distinct function_name as n, function_type as t from duckdb_functions()')
  ).getRowObjectsJson();
  connection.closeSync();
  const unknown = rows.filter(({ n, t }) => {
    const name = String(n);
    if (t === 'pragma') return false;
    if (t === 'table' || t === 'table_macro') return isAllowedTableFunction(name) === KNOWN_TABLE_FUNCTIONS.test(name);
    return isAllowedFunction(name) === KNOWN_AND_REFUSED.test(name);
  });
  expect(unknown.map(({ n }) => n)).toEqual([]);
});
