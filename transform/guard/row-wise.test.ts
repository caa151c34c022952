import { expect, test } from 'vitest';
import { readSqlOrThrow } from './index.js';
import { isRowWise } from './row-wise.js';

const ROW_WISE = [
  'select * from input',
  'from input where id > 1 order by id',
  'select upper(name), id + 1, list_transform(l, x -> x + 1), list_aggregate(l, $$sum$$) from input i where i.id > 1',
  'select *, (select max(id) from input) as top from input where exists (select count(*) from input)',
  'with a as (select * from input where id > 1), b as (select id from a) select * from b where id < 9',
  'select * from (select id, name from input) where id > 1',
  'select case when id > 1 then name end from input',
];

const NOT_ROW_WISE = [
  'select count(*) from input',
  'select 1 + sum(id) from input',
  'select kind from input group by kind',
  'select kind from input group by all',
  'select distinct kind from input',
  'select distinct on (kind) * from input',
  'select * from input limit 5',
  'select * from input limit 5%',
  'select * from input offset 5',
  'select * from input using sample 10%',
  'select * from input tablesample 10%',
  'select unnest(l) from input',
  'select id, unnest([1, 2]) from input',
  'select row_number() over () from input',
  'select * from input qualify row_number() over () = 1',
  'select * from input a, input b',
  'select * from input join input b using (id)',
  'select * from input union all select * from input',
  'select * from input, unnest([1, 2])',
  'select * from range(3)',
  'select 1',
  'values (1)',
  'select * from input having true',
  'with a as (select distinct id from input) select * from a',
  'with input2 as (select 1) select * from input2',
  'select * from (select * from input limit 1)',
  'select max(columns(*)) from input',
];

test.each(ROW_WISE)('row-wise: %s', async (sql) => expect(isRowWise(await readSqlOrThrow(sql))).toBe(true));
test.each(NOT_ROW_WISE)('not row-wise: %s', async (sql) => expect(isRowWise(await readSqlOrThrow(sql))).toBe(false));
