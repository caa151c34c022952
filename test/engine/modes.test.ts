import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporal } from '../e2e/support/temporal.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** Source and destination hold the same rows in these columns. */
async function expectEqual(sourceTable: string, targetTable: string, columns: string): Promise<void> {
  expect(await contentHash(millrace.destination, targetTable, columns)).toEqual(
    await contentHash(millrace.source, sourceTable, columns),
  );
}

test('full_refresh_overwrite replaces everything, also rows that are gone', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table customers (id int primary key, name text); insert into customers select i, 'c' || i from generate_series(1, 1000) i`,
  );
  const id = await millrace.connect([{ name: 'public.customers', mode: 'full_refresh_overwrite' }]);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await expectEqual('customers', 'customers', 'id, name');
  await source.query(`delete from customers where id % 2 = 0; update customers set name = 'x' where id = 1`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.rows).toMatchObject({ extracted: 500, loaded: 500 });
  await expectEqual('customers', 'customers', 'id, name');
  const leftovers = await destination.query(`select relname from pg_class where relname like 'shadow%'`);
  expect(leftovers).toEqual([]);
});

test('incremental_append loads each row once, ties at the last value included', async () => {
  const { source } = millrace;
  await source.query(
    `create table events (id int, at timestamptz not null); insert into events values (1, '2024-01-01 00:00:00.000001+00'), (2, '2024-01-01 00:00:00.000002+00')`,
  );
  const id = await millrace.connect([{ name: 'public.events', mode: 'incremental_append', cursorField: 'at' }]);
  await millrace.sync(id);
  await source.query(
    `insert into events values (3, '2024-01-01 00:00:00.000002+00'), (2, '2024-01-01 00:00:00.000002+00'), (4, '2024-01-02 00:00:00+00')`,
  );
  const second = await millrace.sync(id);
  expect(second.streams[0]?.rows).toMatchObject({ repeated: 1, loaded: 3 });
  expect(second.streams[0]?.cursor).toMatchObject({
    kind: 'cursor',
    cursor: { type: 'timestamptz', value: '2024-01-02 00:00:00+00' },
  });
  const third = await millrace.sync(id);
  expect(third.streams[0]?.rows).toMatchObject({ repeated: 1, loaded: 0 });
  await expectEqual('events', 'events', 'id, at');
});

test('incremental_deduped keeps one row per key and never lets an older row win', async () => {
  const { source, destination } = millrace;
  await source.query(`create table orders (region text, id bigint, updated_at timestamptz not null, note text, primary key (region, id));
    insert into orders select 'eu', i, '2024-01-01', 'n' || i from generate_series(1, 2000) i`);
  const id = await millrace.connect([{ name: 'public.orders', mode: 'incremental_deduped', cursorField: 'updated_at' }]);
  await millrace.sync(id);
  await expectEqual('orders', 'orders', 'region, id, updated_at, note');
  await source.query(
    `update orders set note = 'changed', updated_at = '2024-02-01' where id <= 500; insert into orders values ('us', 1, '2024-02-02', 'new')`,
  );
  const run = await millrace.sync(id);
  expect(run.streams[0]?.rows.loaded).toBe(501);
  await expectEqual('orders', 'orders', 'region, id, updated_at, note');
  await destination.query(`update orders set updated_at = '2030-01-01', note = 'from the future' where region = 'us'`);
  await source.query(`update orders set updated_at = '2024-03-01' where region = 'us'`);
  const older = await millrace.sync(id);
  expect(older.streams[0]?.rows).toMatchObject({ loaded: 0, superseded: 1 });
  expect(await destination.query(`select note from orders where region = 'us'`)).toEqual([{ note: 'from the future' }]);
});

test('a run with nothing new needs three activities, a one-stream run at most five', async () => {
  const { source } = millrace;
  await source.query(`create table small (id int primary key, at timestamptz); insert into small values (1, '2024-01-01')`);
  const id = await millrace.connect([
    { name: 'public.small', mode: 'incremental_deduped', cursorField: 'at', sql: 'select * from input' },
  ]);
  const [first, second] = [await millrace.sync(id), await millrace.sync(id)];
  await using temporal = await openTemporal();
  expect(await temporal.activitiesOf(first.workflowId)).toEqual(['prepare', 'extract', 'transform', 'load', 'finish']);
  expect(await temporal.activitiesOf(second.workflowId)).toEqual(['prepare', 'extract', 'finish']);
});

test.each([
  ['int', 'bigint', '9007199254740993', '9007199254740995'],
  ['decimal', 'numeric(38,18)', '1.000000000000000001', '1.000000000000000002'],
  ['decimal', 'numeric', '12345678901234567890123456789012345678901.10', '12345678901234567890123456789012345678901.2'],
  ['timestamp', 'timestamp', '2024-03-10 02:30:00.123456', '2024-03-10 02:30:00.123457'],
  ['timestamptz', 'timestamptz', '2024-03-10 02:30:00.123456+00', '2024-03-10 02:30:00.123457+00'],
  ['date', 'date', '2024-02-29', '2024-03-01'],
  ['string', 'text', 'Z', 'a'],
])('I3: a cursor of type %s (%s) keeps its full precision', async (type, columnType, low, high) => {
  const { source } = millrace;
  const table = `cursor_${columnType.replaceAll(/\W/g, '_')}`;
  await source.query(`create table ${table} (id int, c ${columnType}); insert into ${table} values (1, '${low}'), (2, null)`);
  const id = await millrace.connect([{ name: `public.${table}`, mode: 'incremental_append', cursorField: 'c' }]);
  const first = await millrace.sync(id);
  expect(first.streams[0]?.cursor, JSON.stringify(first)).toMatchObject({ cursor: { type, value: low } });
  await source.query(`insert into ${table} values (3, '${high}'), (4, '${low}')`);
  const second = await millrace.sync(id);
  expect(second.streams[0]?.rows).toMatchObject({ repeated: 1, loaded: 2 });
  expect(second.streams[0]?.cursor).toMatchObject({ cursor: { type, value: high } });
  await expectEqual(table, table, 'id, c');
});
