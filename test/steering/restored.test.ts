import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

const idsIn = async (table: string): Promise<readonly number[]> =>
  (await millrace.destination.query<{ id: number }>(`select id from ${table} order by id`)).map(({ id }) => id);

async function deleteConnection(id: string): Promise<void> {
  expect((await millrace.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
}

async function restoreConnection(id: string): Promise<void> {
  const restored = await millrace.call('POST', `/v1/connections/${id}/restore`);
  expect(restored, JSON.stringify(restored.body)).toMatchObject({ status: 200 });
}

test('a restored connection goes on where it was: only what is new is loaded, and nothing twice', async () => {
  await millrace.source.query('create table log (id int primary key); insert into log select generate_series(1, 100)');
  const id = await millrace.connect([{ name: 'public.log', mode: 'incremental_append', cursorField: 'id' }]);
  expect((await millrace.sync(id)).streams[0]?.rows.loaded).toBe(100);
  const before = (await millrace.call('GET', `/v1/connections/${id}/state`)).body.feeds;

  await deleteConnection(id);
  expect((await millrace.call('POST', `/v1/connections/${id}/syncs`, {})).status).toBe(404);
  await millrace.source.query('insert into log select generate_series(101, 110)');
  await restoreConnection(id);

  expect((await millrace.call('GET', `/v1/connections/${id}/state`)).body.feeds).toEqual(before);
  const second = await millrace.sync(id);
  expect(second).toMatchObject({
    status: 'succeeded',
    number: 2,
    streams: [{ rows: { extracted: 11, repeated: 1, loaded: 10 } }],
  });
  expect(await idsIn('log')).toEqual(Array.from({ length: 110 }, (_, index) => index + 1));
});

test('what was set by hand and not loaded yet is not forgotten', async () => {
  await millrace.source.query('create table moved (id int primary key); insert into moved select generate_series(1, 10)');
  const stream = { name: 'public.moved', mode: 'incremental_deduped', cursorField: 'id', primaryKey: ['id'] };
  const id = await millrace.connect([stream]);
  await millrace.sync(id);
  expect((await millrace.call('POST', `/v1/connections/${id}/streams/public.moved/reset`)).status).toBe(200);
  await deleteConnection(id);
  await restoreConnection(id);
  expect(await millrace.sync(id)).toMatchObject({ status: 'succeeded', streams: [{ rows: { extracted: 10, loaded: 10 } }] });
  expect(await idsIn('moved')).toHaveLength(10);
});

test('an active run ends with its connection, and the restored one loads what it had not', async () => {
  await millrace.source.query('create table busy (id int primary key, note text)');
  await millrace.source.query("insert into busy select i, repeat('x', 200) from generate_series(1, 50000) i");
  const id = await millrace.connect([{ name: 'public.busy', mode: 'incremental_append', cursorField: 'id' }]);
  const run = await millrace.request(id);
  await deleteConnection(id);
  expect(await millrace.ended(run)).toMatchObject({ status: 'cancelled' });
  await restoreConnection(id);
  expect(await millrace.sync(id)).toMatchObject({ status: 'succeeded', number: 2 });
  const [{ rows, distinct } = { rows: '', distinct: '' }] = await millrace.destination.query<{ rows: string; distinct: string }>(
    'select count(*)::text as rows, count(distinct id)::text as distinct from busy',
  );
  expect([rows, distinct]).toEqual(['50000', '50000']);
});

test('a table that another connection has taken over stays with it', async () => {
  await millrace.source.query('create table taken (id int primary key); insert into taken values (1)');
  const stream = { name: 'public.taken', mode: 'full_refresh_overwrite' };
  const first = await millrace.connect([stream]);
  await millrace.sync(first);
  const { sourceId, destinationId } = (await millrace.call('GET', `/v1/connections/${first}`)).body;
  await deleteConnection(first);
  const made = await millrace.call('POST', '/v1/connections', { name: 'second', sourceId, destinationId, streams: [stream] });
  expect(await millrace.sync(made.body.id)).toMatchObject({ status: 'succeeded' });
  const refused = await millrace.call('POST', `/v1/connections/${first}/restore`);
  expect(refused).toMatchObject({ status: 409, body: { code: 'load.target_owned' } });
  expect(await millrace.sync(made.body.id)).toMatchObject({ status: 'succeeded' });
});
