import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';

/** The API's contract with the real workflows, activities and connectors; everything else is tested with stand-ins. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
  await millrace.source.query('create table orders (id bigint primary key, amount numeric(10,2))');
  await millrace.source.query('insert into orders select i, i / 10.0 from generate_series(1, 100) as i');
});
afterAll(() => millrace[Symbol.asyncDispose]());

const ORDERS = { name: 'public.orders', mode: 'incremental_append', cursorField: 'id' };

test('check says who answered, and what is wrong when nobody lets us in', async () => {
  const body = { name: 's', connector: 'postgres', config: { url: millrace.source.url } };
  const { body: source } = await millrace.call('POST', '/v1/sources', body);
  const checked = await millrace.call('POST', `/v1/sources/${source.id}/check`);
  expect(checked).toMatchObject({ status: 200, body: { ok: true, facts: { version: expect.any(String) } } });
  const wrong = await millrace.call('PATCH', `/v1/sources/${source.id}`, {
    config: { url: millrace.source.url, database: 'nowhere' },
  });
  expect(wrong.status).toBe(200);
  const refused = await millrace.call('POST', `/v1/sources/${source.id}/check`);
  expect(refused.status).toBe(422);
  expect(refused.body.code).toMatch(/^connector\./);
});

test('discover lists streams with keys and cursor candidates', async () => {
  const body = { name: 's', connector: 'postgres', config: { url: millrace.source.url } };
  const { body: source } = await millrace.call('POST', '/v1/sources', body);
  const { status, body: catalog } = await millrace.call('POST', `/v1/sources/${source.id}/discover`);
  expect(status).toBe(200);
  expect(catalog.streams.find(({ name }: { name: string }) => name === 'public.orders')).toMatchObject({
    primaryKey: ['id'],
    fields: [
      { name: 'id', type: 'int64' },
      { name: 'amount', type: 'decimal(10,2)' },
    ],
  });
});

test('one request runs a sync to its end; state tells how far; reset reads again', async () => {
  const id = await millrace.connect([ORDERS]);
  const first = await millrace.call('POST', `/v1/connections/${id}/syncs?wait=60s`, {});
  expect(first.status).toBe(202);
  expect(first.body).toMatchObject({
    number: 1,
    status: 'succeeded',
    endedAt: expect.stringMatching(/Z$/),
    streams: [{ name: 'public.orders', status: 'succeeded', rows: { extracted: 100, loaded: 100 } }],
  });
  const state = await millrace.call('GET', `/v1/connections/${id}/state`);
  expect(state.body.feeds['public.orders'].position).toMatchObject({ kind: 'cursor', cursor: { field: 'id', value: '100' } });
  const same = await millrace.call('PUT', `/v1/connections/${id}/state`, state.body);
  expect(same.body.feeds).toEqual(state.body.feeds);
  const reset = await millrace.call('POST', `/v1/connections/${id}/streams/public.orders/reset`);
  expect(reset.body.lineage).toBe(state.body.feeds['public.orders'].lineage + 1);
  const again = await millrace.call('POST', `/v1/connections/${id}/syncs?wait=60s`, { streams: ['public.orders'] });
  expect(again.body).toMatchObject({ number: 2, status: 'succeeded', streams: [{ rows: { extracted: 100 } }] });
});

test('a schedule runs a sync by itself, a pause stops it, and what the run says is in the list', async () => {
  const id = await millrace.connect([{ ...ORDERS, target: { table: 'scheduled_orders' } }]);
  await millrace.call('PATCH', `/v1/connections/${id}`, { schedule: { type: 'interval', every: '1s' } });
  const runs = async (): Promise<{ trigger: string; status: string }[]> =>
    (await millrace.call('GET', `/v1/runs?connectionId=${id}&status=succeeded`)).body.data;
  await expect.poll(runs, { timeout: 30_000 }).not.toHaveLength(0);
  expect((await runs())[0]).toMatchObject({ trigger: 'schedule', status: 'succeeded' });
  expect((await millrace.call('POST', `/v1/connections/${id}/pause`, { note: 'enough' })).body.paused).toBe(true);
  const refused = await millrace.call('POST', `/v1/connections/${id}/syncs`, {});
  expect(refused).toMatchObject({ status: 409, body: { code: 'connection.paused' } });
  expect((await millrace.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
});
