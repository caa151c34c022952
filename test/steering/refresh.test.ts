import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

/** Reading streams anew while others keep their cursors. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

const INCREMENTAL = ['incremental_append', 'incremental_deduped'] as const;

async function makeTable(table: string, rows = 5_000): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text, at timestamptz not null default now());
     insert into ${table} select i, repeat('n', 60) || i from generate_series(1, ${rows}) i; analyze ${table}`,
  );
}

const stream = (table: string, mode: string, more: object = {}): object => ({
  name: `public.${table}`,
  mode,
  ...(mode.startsWith('incremental') ? { cursorField: 'id' } : {}),
  ...more,
});

async function expectSame(table: string, target = table): Promise<void> {
  const columns = 'id, note, at';
  expect(await contentHash(millrace.destination, target, columns)).toEqual(await contentHash(millrace.source, table, columns));
}

const stateOf = async (id: string) => (await millrace.call('GET', `/v1/connections/${id}/state`)).body;

describe.concurrent.each(INCREMENTAL)('%s', (mode) => {
  test('I3, I5: a refresh replaces what one stream has loaded, rows that are gone included; others keep their cursors', async () => {
    const [table, other] = [`anew_${mode}`, `kept_${mode}`];
    await makeTable(table);
    await makeTable(other, 10);
    const id = await millrace.connect([stream(table, mode), stream(other, mode)]);
    await millrace.sync(id);
    const before = (await stateOf(id)).feeds;
    await millrace.source.query(`delete from ${table} where id % 2 = 0; update ${table} set note = 'changed' where id < 100`);
    const asked = await millrace.call('POST', `/v1/connections/${id}/streams/public.${table}/refresh`);
    expect(asked.body).toMatchObject({ lineage: 2, generation: 2, seq: 0, refreshing: true });
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    await expectSame(table);
    const after = (await stateOf(id)).feeds;
    expect(after[`public.${other}`]).toEqual(before[`public.${other}`]);
    expect(after[`public.${table}`]).toMatchObject({ lineage: 2, generation: 2 });
    expect(after[`public.${table}`].refreshing).toBeUndefined();
    await millrace.source.query(`insert into ${table} values (9001, 'later')`);
    expect((await millrace.sync(id)).streams.map(({ rows }) => rows.loaded)).toEqual([1, 0]);
    await expectSame(table);
  });

  test('I5: a refresh that is cancelled leaves the old rows readable, and the next run goes on in its shadow', async () => {
    const table = `halfway_${mode}`;
    await makeTable(table);
    await using proxy = await faultProxy(millrace.destination.url);
    const id = await millrace.connect([stream(table, mode)], { destination: proxy.url });
    await millrace.sync(id);
    const old = await contentHash(millrace.destination, table, 'id, note, at');
    await millrace.source.query(`update ${table} set note = 'changed'`);
    const frozen = proxy.trap({ on: 'update _millrace.ledger set loaded', skip: 2, freeze: 'before' });
    const asked = await millrace.call('POST', `/v1/connections/${id}/syncs`, { refresh: true });
    await frozen;
    await millrace.call('POST', `/v1/runs/${asked.body.id}/cancel`);
    expect((await millrace.ended(asked.body.id)).status).toBe('cancelled');
    proxy.cut();
    expect(await contentHash(millrace.destination, table, 'id, note, at')).toEqual(old);
    const { seq } = (await stateOf(id)).feeds[`public.${table}`];
    expect(seq).toBeGreaterThan(0);
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    expect(run.streams[0]?.rows.loaded).toBeLessThan(5_000);
    await expectSame(table);
    expect(
      await millrace.destination
        .query(`select tablename from pg_tables where schemaname = '_millrace' and tablename like 'shadow%'
      and tablename in (select 'shadow_' || left(encode(sha256(convert_to('${id}/public.${table}', 'utf8')), 'hex'), 16))`),
    ).toEqual([]);
  });

  test('a refresh of a stream that has become empty empties the target', async () => {
    const table = `emptied_${mode}`;
    await makeTable(table, 10);
    const id = await millrace.connect([stream(table, mode)]);
    await millrace.sync(id);
    await millrace.source.query(`truncate ${table}`);
    await millrace.call('POST', `/v1/connections/${id}/syncs?wait=60s`, { refresh: [`public.${table}`] });
    expect(await millrace.destination.query(`select count(*)::int as rows from ${table}`)).toEqual([{ rows: 0 }]);
  });

  test('a change from a full refresh is a refresh: rows are neither doubled nor lost', async () => {
    const table = `changed_${mode}`;
    await makeTable(table, 100);
    const id = await millrace.connect([stream(table, 'full_refresh_overwrite')]);
    await millrace.sync(id);
    await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [stream(table, mode)] });
    const run = await millrace.sync(id);
    expect(run.streams[0]?.notes).toContain('its mode was full_refresh_overwrite: read from the start');
    await expectSame(table);
  });
});

test('a key, grants and comments of a merged target survive its refresh', async () => {
  await makeTable('dressed', 10);
  const id = await millrace.connect([stream('dressed', 'incremental_deduped')]);
  await millrace.sync(id);
  await millrace.destination.query(`comment on table dressed is 'ours'; grant select on dressed to public`);
  for (const _ of [1, 2]) await millrace.call('POST', `/v1/connections/${id}/syncs?wait=60s`, { refresh: true });
  const [row] = await millrace.destination.query(
    `select obj_description('dressed'::regclass) as comment, has_table_privilege('public', 'dressed', 'select') as granted,
       (select conname from pg_constraint where conrelid = 'dressed'::regclass and contype = 'p') as key`,
  );
  expect(row).toEqual({ comment: 'ours', granted: true, key: 'dressed_pkey' });
});

test('a reset reads the stream again on top of what is loaded, and no older ledger row undoes it', async () => {
  await makeTable('reset_merge', 50);
  await makeTable('reset_append', 50);
  const id = await millrace.connect([stream('reset_merge', 'incremental_deduped'), stream('reset_append', 'incremental_append')]);
  await millrace.sync(id);
  for (const table of ['reset_merge', 'reset_append']) {
    const reset = await millrace.call('POST', `/v1/connections/${id}/streams/public.${table}/reset`);
    expect(reset.body).toMatchObject({ lineage: 2, generation: 1, seq: 0, position: { kind: 'start' } });
  }
  const run = await millrace.sync(id);
  expect(run.streams.map(({ name, rows }) => [name, rows.extracted])).toEqual([
    ['public.reset_append', 50],
    ['public.reset_merge', 50],
  ]);
  await expectSame('reset_merge');
  expect(await millrace.destination.query('select count(*)::int as rows from reset_append')).toEqual([{ rows: 100 }]);
});

test('a reset is refused while a run is active, and taken as soon as the run is seen to have ended, whether it brought rows or not', async () => {
  await makeTable('reset_between', 50);
  await using proxy = await faultProxy(millrace.destination.url);
  const id = await millrace.connect([stream('reset_between', 'incremental_deduped')], { destination: proxy.url });
  const reset = () => millrace.call('POST', `/v1/connections/${id}/streams/public.reset_between/reset`);
  const frozen = proxy.trap({ on: 'update _millrace.ledger set loaded', freeze: 'before' });
  const asked = await millrace.call('POST', `/v1/connections/${id}/syncs`, {});
  await frozen;
  const refused = await reset();
  expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
    409,
    'run.already_active',
    `Run ${asked.body.id} is active; cancel it or wait for its end.`,
  ]);
  const waiting = await millrace.request(id);
  expect((await millrace.call('POST', `/v1/runs/${waiting}/cancel?wait=10s`)).body.status).toBe('cancelled');
  expect(await stateOf(id)).toMatchObject({ active: { runId: asked.body.id }, queued: [] }); // a later run that has ended is another one
  expect((await reset()).body.code).toBe('run.already_active');
  proxy.release();
  expect((await millrace.ended(asked.body.id)).status).toBe('succeeded');
  expect(await stateOf(id)).toMatchObject({ active: null, feeds: { 'public.reset_between': { seq: 1 } } });
  for (let lineage = 2; lineage < 5; lineage++) {
    expect((await millrace.sync(id)).streams.map(({ rows }) => rows.extracted - rows.repeated)).toEqual([0]);
    expect((await reset()).body).toMatchObject({ lineage });
    expect((await millrace.sync(id)).streams.map(({ rows }) => rows.extracted)).toEqual([50]);
  }
  await expectSame('reset_between');
});
