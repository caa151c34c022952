import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Condition } from '../../../schema/connection-config.js';
import { Workbench, values } from './fixtures/workbench.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
  await bench.put(
    'a.csv',
    `id,name,amount,big,day,at,flag,kind
1,Zoë,1.5,12345678901234567890123,2024-01-01,2024-01-01T10:00:00Z,true,x
2,anna,10.25,9,2024-01-02,2024-01-02T10:00:00Z,false,y
3,,-3,-12345678901234567890123,2024-01-03,2024-01-03T10:00:00Z,,x
4,"",2.5,100,,,true,
`,
  );
});
afterAll(() => bench[Symbol.asyncDispose]());

const csv = { name: 's', path: '*.csv', format: 'csv', types: { big: 'numeric' } };

async function read(filter: readonly object[], only: readonly string[] = ['id']) {
  const request = await bench.request(bench.context([csv]));
  const fields = request.fields.filter(({ name }) => only.includes(name));
  return bench.read(csv, { stream: request.stream, fields, filter: filter as Condition[] });
}

test.each<[string, object[], string]>([
  ['a number', [{ field: 'amount', is: '>', value: 2 }], '2,4'],
  ['a number as text', [{ field: 'id', is: '<=', value: '2' }], '1,2'],
  ['numbers of any length', [{ field: 'big', is: '>', value: '12345678901234567890122' }], '1'],
  ['numbers of any length, as numbers', [{ field: 'big', is: '<', value: 100 }], '2,3'],
  ['text by bytes', [{ field: 'name', is: '<', value: 'a' }], '1,4'],
  ['an empty text is no NULL', [{ field: 'name', is: '=', value: '' }], '4'],
  ['NULL meets no comparison', [{ field: 'name', is: '!=', value: 'anna' }], '1,4'],
  ['NULL meets no list', [{ field: 'kind', is: 'not in', value: ['y'] }], '1,3'],
  ['a list', [{ field: 'id', is: 'in', value: [1, '3', 99] }], '1,3'],
  ['NULL itself', [{ field: 'flag', is: 'null' }], '3'],
  ['what is not NULL', [{ field: 'day', is: 'not null' }], '1,2,3'],
  ['a boolean', [{ field: 'flag', is: '=', value: true }], '1,4'],
  ['a day', [{ field: 'day', is: '>=', value: '2024-01-02' }], '2,3'],
  ['a moment, in UTC unless it says otherwise', [{ field: 'at', is: '<', value: '2024-01-02T12:00:00+03:00' }], '1'],
  [
    'all of several',
    [
      { field: 'kind', is: '=', value: 'x' },
      { field: 'id', is: '>', value: 1 },
    ],
    '3',
  ],
  ['no row at all', [{ field: 'id', is: '>', value: 100 }], ''],
])('%s', async (_, filter, ids) => {
  const result = await read(filter);
  expect(
    values(result)
      .map(([id]) => id)
      .join(','),
  ).toBe(ids);
  expect(result.counted).toEqual([ids === '' ? 0 : ids.split(',').length]);
  expect(result.done).toBe(true);
});

test('fields that only the filter looks at are not handed over', async () => {
  expect(values(await read([{ field: 'kind', is: '=', value: 'y' }], ['name', 'id']))).toEqual([['2', 'anna']]);
});

test.each([
  ['no value of the type', { field: 'id', is: '=', value: 'x' }, /id is int64.*= x/],
  ['a fraction of a day', { field: 'day', is: '<', value: 'soon' }, /day is date/],
  ['a number that has lost digits', { field: 'id', is: '=', value: 2 ** 60 }, /lost digits/],
])('%s is refused by name', async (_, condition, message) => {
  await expect(read([condition])).rejects.toMatchObject({
    code: 'source.bad_filter',
    message: expect.stringMatching(message) as string,
  });
});

test('an unknown field is refused', async () => {
  await expect(read([{ field: 'nope', is: 'null' }])).rejects.toMatchObject({ code: 'source.field_missing' });
});
