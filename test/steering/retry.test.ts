import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { type FinishedRun, type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { freshDatabase } from '../support/servers.js';

/** Going on where a run ended before its time, and loading again what is staged. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function makeTable(table: string, rows = 5_000): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text); insert into ${table} select i, repeat('n', 60) || i from generate_series(1, ${rows}) i; analyze ${table}`,
  );
}

const stream = (table: string, mode: string, more: object = {}): object => ({
  name: `public.${table}`,
  mode,
  ...(mode.startsWith('incremental') ? { cursorField: 'id' } : {}),
  ...more,
});

async function expectSame(table: string, database = millrace.destination): Promise<void> {
  expect(await contentHash(database, table, 'id, note')).toEqual(await contentHash(millrace.source, table, 'id, note'));
}

async function start(path: string, body: object = {}): Promise<FinishedRun> {
  const asked = await millrace.call('POST', path, body);
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  return millrace.ended(asked.body.id);
}

/** A row that the destination refuses stops the load of its slice: a trigger of the destination's owner. */
const REFUSE = (table: string, id: number): string =>
  `create or replace function refuse_${table}() returns trigger language plpgsql as $$ begin
     if new.id = ${id} then raise exception 'not this one'; end if; return new; end $$;
   create trigger refuse before insert on ${table} for each row execute function refuse_${table}()`;

test.each(['incremental_append', 'incremental_deduped'])(
  '%s: a failed load is retried from the stage, without the source',
  async (mode) => {
    const table = `staged_${mode}`;
    await makeTable(table, 10);
    await using proxy = await faultProxy(millrace.source.url);
    const id = await millrace.connect([stream(table, mode)], { source: proxy.url });
    await millrace.sync(id);
    await millrace.destination.query(REFUSE(table, 15));
    await millrace.source.query(`insert into ${table} select i, 'new' from generate_series(11, 20) i`);
    const failed = await millrace.sync(id);
    expect(failed.status).toBe('failed');
    await millrace.destination.query(`drop trigger refuse on ${table}`);
    await millrace.source.query(`insert into ${table} values (21, 'not staged')`);
    await proxy[Symbol.asyncDispose](); // the source is away
    const retried = await start(`/v1/runs/${failed.id}/retry`, { from: 'stage' });
    expect(retried, JSON.stringify(retried)).toMatchObject({ status: 'succeeded' });
    expect(retried.streams[0]?.rows.loaded).toBe(10);
    await millrace.source.query(`delete from ${table} where id = 21`);
    await expectSame(table);
  },
);

test('a retry takes what is staged first, then goes on with the source; streams that had ended are left alone', async () => {
  await makeTable('goes_on', 10);
  await makeTable('had_ended', 10);
  const id = await millrace.connect([stream('goes_on', 'incremental_append'), stream('had_ended', 'incremental_append')]);
  await millrace.sync(id);
  await millrace.destination.query(REFUSE('goes_on', 15));
  await millrace.source.query(`insert into goes_on select i, 'new' from generate_series(11, 20) i`);
  const failed = await millrace.sync(id);
  expect(failed.status).toBe('partial');
  await millrace.destination.query(`drop trigger refuse on goes_on`);
  await millrace.source.query(`insert into goes_on values (21, 'came later')`);
  const retried = await start(`/v1/runs/${failed.id}/retry`);
  expect(retried.streams.map(({ name, rows }) => [name, rows.loaded])).toEqual([['public.goes_on', 10]]);
  await millrace.sync(id);
  await expectSame('goes_on');
});

test('I5: a retried full refresh goes on in its shadow with the slices that were missing', async () => {
  await makeTable('half_full');
  await using proxy = await faultProxy(millrace.destination.url);
  const id = await millrace.connect([stream('half_full', 'full_refresh_overwrite')], { destination: proxy.url });
  const frozen = proxy.trap({ on: 'update _millrace.ledger set loaded', skip: 2, freeze: 'before' });
  const runId = await millrace.request(id);
  await frozen;
  await millrace.call('POST', `/v1/runs/${runId}/cancel`);
  expect((await millrace.ended(runId)).status).toBe('cancelled');
  proxy.cut();
  const retried = await start(`/v1/runs/${runId}/retry`);
  expect(retried, JSON.stringify(retried)).toMatchObject({ status: 'succeeded' });
  expect(retried.streams[0]?.notes).toContain('went on with slice 3');
  expect(retried.streams[0]?.rows.loaded).toBeLessThan(5_000);
  await expectSame('half_full');
});

test('what cannot be retried is refused, and why', async () => {
  await makeTable('fine', 5);
  const id = await millrace.connect([stream('fine', 'full_refresh_overwrite')]);
  const run = await millrace.sync(id);
  const refused = await millrace.call('POST', `/v1/runs/${run.id}/retry`);
  expect(refused).toMatchObject({ status: 409, body: { code: 'run.not_retryable', detail: 'Run 1 has succeeded.' } });
  expect((await millrace.call('POST', `/v1/runs/${run.id}/retry`, { from: 'memory' })).status).toBe(400);
});

test('a run that succeeded is loaded into another destination from its stage, once however often it is asked', async () => {
  await makeTable('original');
  await using elsewhere = await freshDatabase('elsewhere');
  await using proxy = await faultProxy(millrace.source.url);
  const id = await millrace.connect(
    [
      stream('original', 'incremental_append'),
      stream('original_full', 'full_refresh_overwrite', { sql: 'select id, note from input where id > 3' }),
    ],
    { source: proxy.url },
  );
  await millrace.source.query(`create table original_full as select * from original where id < 10`);
  await millrace.call('PATCH', `/v1/connections/${id}`, { keepStaged: '1h' });
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run)).toBe('succeeded');
  const destination = await millrace.call('POST', '/v1/destinations', {
    name: `elsewhere-${id}`,
    connector: 'postgres',
    config: { url: elsewhere.url },
  });
  await proxy[Symbol.asyncDispose](); // the source is away
  for (const _ of [1, 2]) {
    const replayed = await start(`/v1/runs/${run.id}/replay`, { destinationId: destination.body.id });
    expect(replayed, JSON.stringify(replayed)).toMatchObject({ status: 'succeeded' });
    await expectSame('original', elsewhere);
    expect(await elsewhere.query('select min(id) as min, count(*)::int as rows from original_full')).toEqual([
      { min: 4, rows: 6 },
    ]);
  }
  const state = await millrace.call('GET', `/v1/connections/${id}/state`);
  expect(state.body.feeds['public.original'].seq).toBe(run.streams[0]?.slices);
  await rm(`${millrace.stageDir}/wsp_default/${id}`, { recursive: true });
  const gone = await start(`/v1/runs/${run.id}/replay`, { destinationId: destination.body.id });
  expect(gone).toMatchObject({ status: 'failed', error: { code: 'run.not_staged' } });
});

test('a later run is replayed from where it began', async () => {
  await makeTable('second_run', 20);
  await using elsewhere = await freshDatabase('elsewhere');
  const id = await millrace.connect([stream('second_run', 'incremental_append')]);
  await millrace.call('PATCH', `/v1/connections/${id}`, { keepStaged: '1h' });
  const destination = { name: `later-${id}`, connector: 'postgres', config: { url: elsewhere.url } };
  const destinationId = (await millrace.call('POST', '/v1/destinations', destination)).body.id;
  const first = await millrace.sync(id);
  await millrace.source.query(`insert into second_run select i, 'later' from generate_series(21, 30) i`);
  const second = await millrace.sync(id);
  for (const run of [first, second])
    expect((await start(`/v1/runs/${run.id}/replay`, { destinationId })).status).toBe('succeeded');
  await expectSame('second_run', elsewhere);
});

test('from the stage alone a full refresh cannot be brought to its end: the old rows stay, and the run says so', async () => {
  await makeTable('only_half');
  await using proxy = await faultProxy(millrace.destination.url);
  const id = await millrace.connect([stream('only_half', 'full_refresh_overwrite')], { destination: proxy.url });
  const frozen = proxy.trap({ on: 'update _millrace.ledger set loaded', skip: 1, freeze: 'before' });
  const runId = await millrace.request(id);
  await frozen;
  await millrace.call('POST', `/v1/runs/${runId}/cancel`);
  await millrace.ended(runId);
  proxy.cut();
  const retried = await start(`/v1/runs/${runId}/retry`, { from: 'stage' });
  expect(retried).toMatchObject({
    status: 'delayed',
    streams: [{ notes: expect.arrayContaining([expect.stringMatching(/waits for the source/)]) }],
  });
  expect(await millrace.destination.query(`select to_regclass('only_half') as found`)).toEqual([{ found: null }]);
  await millrace.sync(id);
  await expectSame('only_half');
});

test('a run whose files were not kept cannot be replayed, and says what to set', async () => {
  await makeTable('not_kept', 5);
  const id = await millrace.connect([stream('not_kept', 'full_refresh_overwrite')]);
  const run = await millrace.sync(id);
  const { destinationId } = (await millrace.call('GET', `/v1/connections/${id}`)).body;
  const own = await millrace.call('POST', `/v1/runs/${run.id}/replay`, { destinationId });
  expect(own).toMatchObject({ status: 409, body: { code: 'run.not_retryable' } });
  const other = await millrace.call('POST', '/v1/destinations', {
    name: `other-${id}`,
    connector: 'postgres',
    config: { url: millrace.destination.url },
  });
  const refused = await millrace.call('POST', `/v1/runs/${run.id}/replay`, { destinationId: other.body.id });
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'run.not_staged', suggestion: expect.stringContaining('keepStaged') },
  });
});
