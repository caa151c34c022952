import { expect, test } from 'vitest';
import { followRows } from './follow-rows.js';
import { readSqlOrThrow } from './index.js';

const follow = async (sql: string, columns: readonly string[] = ['id']) => followRows(await readSqlOrThrow(sql), columns);

test.each([
  ['select id from input', 'SELECT id, _millrace_row FROM _millrace_input AS "input"'],
  ['from input i order by i.id', 'SELECT * EXCLUDE (_millrace_row), _millrace_row FROM _millrace_input AS i ORDER BY i.id'],
  [
    'with a as (select id from input) select * from a',
    'WITH a AS (SELECT id, _millrace_row FROM _millrace_input AS "input")SELECT * EXCLUDE (_millrace_row), _millrace_row FROM a',
  ],
  [
    'select columns(*) from (select id from input) t',
    'SELECT COLUMNS(* EXCLUDE (_millrace_row)), _millrace_row FROM (SELECT id, _millrace_row FROM _millrace_input AS "input") AS t',
  ],
  [
    'select (select max(id) from input) from input where id > 1e300',
    'SELECT (SELECT max(id) FROM "input"), _millrace_row FROM _millrace_input AS "input" WHERE (id > 1e+300)',
  ],
])('%s carries the row number', async (sql, expected) => expect(await follow(sql)).toBe(expected));

test.each([
  'select count(*) from input',
  'with a as (select * from input) select * from a where id in (select id from a)',
  'with a(x) as (select id from input) select * from a',
  'select * from input as t(x)',
  "select columns('i.*') from (select id from input) t",
  'select id from input where id > 9007199254740993',
])('%s is left as it was written', async (sql) => expect(await follow(sql)).toBeUndefined());

test('a column of the input with the name of the row number is left alone', async () => {
  expect(await follow('select id from input', ['id', '_Millrace_Row'])).toBeUndefined();
});
