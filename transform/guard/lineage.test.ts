import { expect, test } from 'vitest';
import { readSqlOrThrow } from './index.js';
import { passedThrough } from './lineage.js';

const ALL = { id: 'id', name: 'name', ip: 'ip' };

test.each<[string, Record<string, string>]>([
  ['select * from input', ALL],
  ['from input where id > 1', ALL],
  ['select i.* from input i', ALL],
  ['select ID, input.name, ip as address from input', { id: 'id', name: 'name', address: 'ip' }],
  ['select upper(name) as name, id from input', { id: 'id' }],
  ['select upper(name) as name, * from input', { id: 'id', ip: 'ip' }],
  ['select *, upper(name) as name from input', ALL],
  ['select * exclude (ip) from input', { id: 'id', name: 'name' }],
  ['select * replace (upper(name) as name) from input', { id: 'id', ip: 'ip' }],
  ['select * rename (ip as address) from input', { id: 'id', name: 'name' }],
  ['select id, name.first from input', { id: 'id' }],
  ['with a as (select id, lower(ip) as ip from input) select * from a', { id: 'id' }],
  ['with input2 as (from input) select name from input2', { name: 'name' }],
  ['select * from (select id as key, name from input) s', { key: 'id', name: 'name' }],
  ['select a.id, b.name, b.x from input a join (select id, name, 1 as x from input) b using (id)', { id: 'id', name: 'name' }],
  ['select id from input a join (select 1 as id) b using (id)', {}],
  ['select id from input union all select id from input', { id: 'id' }],
  ['select id, name from input union all select id, lower(name) from input', { id: 'id' }],
  ['select * exclude (id) from input union all select 1, name from input', {}],
  ['select id, any_value(name) as name from input group by id', { id: 'id' }],
  ['select i.id, u.x from input i, unnest([1]) u(x)', { id: 'id' }],
  ['select id from input, unnest([1]) u(id2)', {}],
  ['select * from input v(a, b, c)', {}],
  ['with a(x, y, z) as (from input) select * from a', {}],
  ['select 1 as one', {}],
  ['values (1)', {}],
])('%s', async (sql, expected) => {
  const columns = passedThrough(await readSqlOrThrow(sql), ['id', 'name', 'ip']);
  expect(Object.fromEntries(columns)).toEqual(expected);
});
