import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { type FinishedRun, type Millrace, contentHash, startMillrace } from '../support/millrace.js';

/** Windows of the cursor that are read again, beside the cursor. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function makeTable(table: string, rows = 6_000): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text, at timestamptz not null);
     insert into ${table} select i, repeat('n', 60) || i, '2024-01-01 00:00:00Z'::timestamptz + (i / 10) * interval '1 hour' from generate_series(1, ${rows}) i;
     create index on ${table} (at); analyze ${table}`,
  );
}

const stream = (table: string, mode: string, more: object = {}): object => ({
  name: `public.${table}`,
  mode,
  cursorField: 'at',
  ...more,
});

async function backfill(id: string, window: object, more: object = {}): Promise<FinishedRun> {
  const asked = await millrace.call('POST', `/v1/connections/${id}/syncs`, { backfill: window, ...more });
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  expect(asked.body.trigger).toBe('backfill');
  return millrace.ended(asked.body.id);
}

async function expectSame(table: string): Promise<void> {
  const columns = 'id, note, at';
  expect(await contentHash(millrace.destination, table, columns)).toEqual(await contentHash(millrace.source, table, columns));
}

const feedOf = async (id: string, table: string) =>
  (await millrace.call('GET', `/v1/connections/${id}/state`)).body.feeds[`public.${table}`];

const WINDOW = { from: '2024-01-05 00:00:00+00', to: '2024-01-15 00:00:00+00' };
const IN_WINDOW = `at >= '2024-01-05Z' and at < '2024-01-15Z'`;

test.each(['incremental_append', 'incremental_deduped'])(
  'I2, I3: %s: a window is read again, changes in it arrive, and the cursor stays',
  async (mode) => {
    const table = `window_${mode}`;
    await makeTable(table);
    const id = await millrace.connect([stream(table, mode)]);
    await millrace.sync(id);
    const before = await feedOf(id, table);
    await millrace.source.query(`update ${table} set note = 'changed ' || id where ${IN_WINDOW}`);
    const run = await backfill(id, WINDOW);
    expect(run, JSON.stringify(run)).toMatchObject({ status: 'succeeded', trigger: 'backfill' });
    expect(run.streams[0]).toMatchObject({ slices: expect.any(Number), rows: { extracted: 2400 } });
    expect(run.streams[0]?.slices).toBeGreaterThan(1);
    await expectSame(table);
    expect(await feedOf(id, table)).toEqual(before);
    await millrace.source.query(`insert into ${table} values (7001, 'later', '2025-01-01Z')`);
    expect((await millrace.sync(id)).streams[0]?.rows.loaded).toBe(1);
    await expectSame(table);
  },
);

test('append: rows that are gone from the window go, rows outside stay, rows the cursor will bring come once', async () => {
  await makeTable('gone');
  const id = await millrace.connect([stream('gone', 'incremental_append')]);
  await millrace.sync(id);
  await millrace.source.query(`delete from gone where ${IN_WINDOW} and id % 2 = 0;
    insert into gone select i, 'new', '2024-03-01Z' from generate_series(9001, 9005) i`);
  const run = await backfill(id, { from: WINDOW.from });
  expect(run.streams[0]?.notes).toEqual([expect.stringMatching(/are left to the cursor/)]);
  await millrace.sync(id);
  await expectSame('gone');
});

test('I2: a backfill whose worker loses the line in the middle goes on by itself and doubles nothing', async () => {
  await makeTable('cut_window');
  await using proxy = await faultProxy(millrace.destination.url);
  const id = await millrace.connect([stream('cut_window', 'incremental_append')], { destination: proxy.url });
  await millrace.sync(id);
  const frozen = proxy.trap({ on: 'commit', session: 'delete from "public"."cut_window"', freeze: 'after' });
  const asked = await millrace.call('POST', `/v1/connections/${id}/syncs`, { backfill: WINDOW });
  await frozen;
  proxy.cut();
  expect((await millrace.ended(asked.body.id)).status).toBe('succeeded');
  await expectSame('cut_window');
});

test('backfills wait for the run that is active, one after another', async () => {
  await makeTable('queued', 500);
  const id = await millrace.connect([stream('queued', 'incremental_deduped')]);
  const asked = await Promise.all([
    millrace.call('POST', `/v1/connections/${id}/syncs`, {}),
    millrace.call('POST', `/v1/connections/${id}/syncs`, { backfill: { to: WINDOW.to } }),
    millrace.call('POST', `/v1/connections/${id}/syncs`, { backfill: { from: WINDOW.from } }),
  ]);
  const runs = await Promise.all(asked.map(({ body }) => millrace.ended(body.id)));
  expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(new Set(runs.map(({ number }) => number)).size).toBe(3);
  await expectSame('queued');
});

test.each([
  ['a full refresh', { mode: 'full_refresh_overwrite', cursorField: undefined }, /as a whole/],
  ['an append with SQL', { mode: 'incremental_append', sql: 'select * from input' }, /its SQL may change the cursor/],
])('%s cannot be backfilled, and says why', async (_, more, why) => {
  await millrace.source.query(`create table if not exists plain (id int primary key, at timestamptz)`);
  const id = await millrace.connect([{ ...stream('plain', 'x'), target: { table: `plain_${Math.random()}` }, ...more }]);
  const run = await backfill(id, WINDOW);
  expect(run).toMatchObject({ status: 'failed', error: { code: 'backfill.not_possible', message: expect.stringMatching(why) } });
});

test('a bound that is no value of the cursor is refused by name', async () => {
  await makeTable('odd_bound', 10);
  const id = await millrace.connect([stream('odd_bound', 'incremental_deduped')]);
  const run = await backfill(id, { from: 'last Tuesday-ish' });
  expect(run).toMatchObject({
    status: 'failed',
    error: {
      code: 'backfill.not_possible',
      message: expect.stringContaining("'last Tuesday-ish' is no timestamp with time zone"),
    },
  });
});

test('an append before its first read cannot be backfilled', async () => {
  await makeTable('unread', 10);
  const id = await millrace.connect([stream('unread', 'incremental_append')]);
  const run = await backfill(id, WINDOW);
  expect(run).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(/first read has not ended/) } });
});

test.each([
  [{ backfill: {} }, 400],
  [{ backfill: { from: '1' }, refresh: true }, 422],
  [{ refresh: ['public.absent'] }, 422],
  [{ streams: ['public.orders'], refresh: ['public.other'] }, 422],
])('%j is refused with %d', async (body, status) => {
  const id = await millrace.connect([
    { name: 'public.orders', mode: 'full_refresh_overwrite', target: { table: `orders_${Math.random()}` } },
    { name: 'public.other', mode: 'full_refresh_overwrite', target: { table: `other_${Math.random()}` } },
  ]);
  expect((await millrace.call('POST', `/v1/connections/${id}/syncs`, body)).status).toBe(status);
});
