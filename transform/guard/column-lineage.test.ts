import { expect, test } from 'vitest';
import { type LineageInputs, columnLineage } from './column-lineage.js';
import { readSql, readSqlOrThrow } from './index.js';

/** `name ← columns`, `=` for those that were only passed on, `?` where there may be more. */
async function said(sql: string, inputs: LineageInputs): Promise<readonly string[]> {
  const marks = { passed: '=', computed: '←', unknown: '?' };
  const lineage = columnLineage(await readSqlOrThrow(sql, Object.keys(inputs)), inputs);
  return lineage.map(({ column, from, kind }) => `${column} ${marks[kind]} ${from.join(' ')}`.trim());
}

const INPUT = { input: ['id', 'Name', 'ip'] };

test.each<[string, readonly string[]]>([
  ['from input', ['id = id', 'Name = Name', 'ip = ip']],
  ['select id, upper(name) as n, 1 as one from input', ['id = id', 'n ← Name', 'one ←']],
  ["select i.id || '-' || ip as both from input i where name is not null", ['both ← id ip']],
  ['select * exclude (ip) replace (lower(name) as name) rename (id as key) from input', ['key = id', 'Name ← Name']],
  ['select count(*) as rows, max(id) over (partition by ip) as top from input', ['rows ←', 'top ← id ip']],
  ['with a as (select id, lower(ip) as ip from input) select ip, id from a', ['ip ← ip', 'id = id']],
  ['with a(x, y, z) as (from input) select z, x from a', ['z = ip', 'x = id']],
  ['select v.b from input v(a, b, c)', ['b = Name']],
  ['select id, (select max(j.ip) from input j where j.id = i.id) as best from input i', ['id = id', 'best ← ip']],
  ['select id from input union all select length(name) from input', ['id ← id Name']],
  ['select list_transform([name], lambda x: x || ip) as l from input', ['l ← Name ip']],
  ['select name.first as first from input', ['first ← Name']],
  ['select u.x from input, unnest([1]) u(y)', ['x ?']],
  ['select case when id > 1 then name end as c from input', ['c ← id Name']],
])('%s', async (sql, expected) => {
  expect(await said(sql, INPUT)).toEqual(expected);
});

test('without the columns of the input, what the SQL names is known', async () => {
  const inputs = { input: undefined };
  expect(await said('select id, upper(name) as n, * from input', inputs)).toEqual(['id = id', 'n ← name', '* = *']);
});

test('of several inputs each column says which one it is of', async () => {
  const inputs = { 'public.orders': ['id', 'amount'], items: ['order_id', 'price'] };
  const sql = 'select o.id, sum(price) - amount as rest from public.orders o join items on order_id = o.id group by all';
  expect(await said(sql, inputs)).toEqual(['id = public.orders.id', 'rest ← items.price public.orders.amount']);
});

test.each([
  ['sums', `select ${'id + '.repeat(20_000)}1 as n from input`],
  ['parentheses', `select ${'('.repeat(900)}id${')'.repeat(900)} as n from input`],
  ['subqueries', `select * from ${'(select * from '.repeat(200)}input${')'.repeat(200)}`],
  ['unions', `select id from input ${'union all select id from input '.repeat(2_000)}`],
])('deep %s are refused or answered', async (_, sql) => {
  const read = await readSql(sql);
  if (read.ok) expect(columnLineage(read.query, INPUT)[0]?.from).toEqual(['id']);
  else expect(read.errors.length).toBeGreaterThan(0);
});
