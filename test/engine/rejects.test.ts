import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FinishedRun, type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { expectAccounted, stream } from './support/row-scene.js';

/** Rejected rows are found, looked at, and loaded again once what refused them was changed. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

const NARROW = (table: string): string =>
  `create domain short_${table} as varchar(5); alter table ${table} alter column v type short_${table}`;
const WIDEN = (table: string): string => `alter table ${table} alter column v type text`;

async function makeTable(table: string): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, v text, filler text default repeat('x', 90)); insert into ${table} values (0, 'ok')`,
  );
}

async function replay(id: string, body: object = {}): Promise<FinishedRun> {
  const asked = await millrace.call('POST', `/v1/connections/${id}/rejects/replay`, body);
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  return millrace.ended(asked.body.id);
}

const list = async (path: string): Promise<Reject[]> => (await millrace.call('GET', `/v1/${path}`)).body.data;

interface Reject {
  readonly id: string;
  readonly rows: number;
  readonly replayedRunId: string | null;
}

const download = async (path: string): Promise<Response> =>
  fetch(`${millrace.apiUrl}${path}`, { headers: { authorization: `Bearer ${millrace.apiKey}` } });

/** Every hundredth of 3,000 new rows is too long. */
async function makeBad(table: string): Promise<void> {
  await millrace.destination.query(NARROW(table));
  await millrace.source.query(
    `insert into ${table} select i, case when i % 100 = 0 then 'much too long ' || i else 'ok' end from generate_series(1, 3000) i; analyze ${table}`,
  );
}

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, v')).toEqual(await contentHash(millrace.source, table, 'id, v'));
}

test('I7: what was rejected is listed with its reasons and shown with its values, and the run says so', async () => {
  await makeTable('listed');
  const id = await millrace.connect([stream('listed', 'incremental_append', { rowPolicy: 'reject_row' })]);
  await millrace.sync(id);
  await makeBad('listed');
  const run = await millrace.sync(id);
  expect(run).toMatchObject({ status: 'succeeded', streams: [{ rows: { loaded: 2970, rejected: 30 } }] });
  expectAccounted(run);
  expect(run.streams[0]?.slices).toBeGreaterThan(2);
  expect(run.streams[0]?.notes).toEqual(['30 rows rejected (30 longer than 5 characters in v)']);
  const rejects = await list(`runs/${run.id}/rejects`);
  expect(rejects).toEqual(await list(`connections/${id}/rejects?stream=public.listed`));
  expect(rejects.reduce((sum, { rows }) => sum + rows, 0)).toBe(30);
  const reason = { field: 'v', code: 'too_long', reason: 'longer than 5 characters' };
  const [first] = rejects;
  expect(first).toMatchObject({
    stream: 'public.listed',
    runNumber: 2,
    reasons: [{ ...reason, rows: first?.rows }],
    replayedAt: null,
  });
  const page = (await millrace.call('GET', `/v1/rejects/${first?.id}/rows?limit=2`)).body;
  expect(page.data).toHaveLength(2);
  expect(page.data[0]).toMatchObject({ reasons: [reason], values: { v: expect.stringMatching(/^much too long \d+00$/) } });
  const next = (await millrace.call('GET', `/v1/rejects/${first?.id}/rows?limit=200&after=${page.page.next}`)).body;
  expect(next.data).toHaveLength((first?.rows ?? 0) - 2);
  expect(next.page).toEqual({ next: null, hasMore: false });
  const lines = (await (await download(`/v1/rejects/${first?.id}/download?format=ndjson`)).text()).trim().split('\n');
  expect(lines).toHaveLength(first?.rows ?? 0);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ v: page.data[0].values.v, _millrace_row: page.data[0].row });
  const parquet = Buffer.from(await (await download(`/v1/rejects/${first?.id}/download`)).arrayBuffer());
  expect(parquet.subarray(0, 4).toString()).toBe('PAR1');
  expect((await download(`/v1/rejects/rej_0/download`)).status).toBe(404);
});

test('I7: a replay after the fix loads exactly the rejected rows, and twice is once', async () => {
  await makeTable('fixed');
  const id = await millrace.connect([stream('fixed', 'incremental_append', { rowPolicy: 'reject_row' })]);
  await millrace.sync(id);
  await makeBad('fixed');
  await millrace.sync(id);
  const state = (await millrace.call('GET', `/v1/connections/${id}/state`)).body;
  const before = await list(`connections/${id}/rejects`);
  const again = await replay(id); // nothing was fixed
  expect(again, JSON.stringify(again)).toMatchObject({ status: 'succeeded', streams: [{ rows: { loaded: 0, rejected: 30 } }] });
  expectAccounted(again);
  const second = await list(`runs/${again.id}/rejects`);
  expect(second).toHaveLength(before.length);
  const marked = await list(`connections/${id}/rejects`);
  expect(marked.filter(({ replayedRunId }) => replayedRunId === again.id).map(({ id: reject }) => reject)).toEqual(
    before.map((reject) => reject.id),
  );
  await millrace.destination.query(WIDEN('fixed'));
  const run = await replay(id);
  expect(run).toMatchObject({ status: 'succeeded', streams: [{ rows: { extracted: 30, loaded: 30, rejected: 0 } }] });
  await expectSame('fixed');
  for (const ids of [before, second]) {
    expect((await replay(id, { rejects: ids.map((reject) => reject.id) })).status).toBe('succeeded');
  }
  await expectSame('fixed');
  const nothing = await millrace.call('POST', `/v1/connections/${id}/rejects/replay`);
  expect(nothing).toMatchObject({ status: 409, body: { code: 'rejects.not_replayable' } });
  expect((await millrace.call('GET', `/v1/connections/${id}/state`)).body.feeds).toEqual(state.feeds);
  expect((await millrace.sync(id)).streams[0]?.rows.loaded).toBe(0);
});

test('I7: an older rejected row never overwrites a newer one', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table newer (id int primary key, at timestamptz, v text); insert into newer values (0, '2024-01-01', 'ok')`,
  );
  const config = stream('newer', 'incremental_deduped', { rowPolicy: 'reject_row', cursorField: 'at' });
  const id = await millrace.connect([config]);
  await millrace.sync(id);
  await destination.query(NARROW('newer'));
  await source.query(`insert into newer values (1, '2024-02-01', 'much too long'), (2, '2024-02-01', 'also too long')`);
  expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ loaded: 0, rejected: 2 });
  await source.query(`update newer set v = 'new', at = '2024-03-01' where id = 1`);
  expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ loaded: 1 });
  await destination.query(WIDEN('newer'));
  const run = await replay(id, { stream: 'public.newer' });
  expect(run.streams[0]?.rows, JSON.stringify(run)).toMatchObject({ extracted: 2, loaded: 1, superseded: 1 });
  expect(await destination.query('select id, v from newer order by id')).toEqual([
    { id: 0, v: 'ok' },
    { id: 1, v: 'new' },
    { id: 2, v: 'also too long' },
  ]);
});

test('a stream that was read anew brought its rejected rows again: they are not appended twice', async () => {
  await makeTable('anew');
  const id = await millrace.connect([stream('anew', 'incremental_append', { rowPolicy: 'reject_row' })]);
  await millrace.sync(id);
  await makeBad('anew');
  await millrace.sync(id);
  await millrace.destination.query(WIDEN('anew'));
  expect((await millrace.sync(id, { refresh: ['public.anew'] })).status).toBe('succeeded');
  const run = await replay(id);
  expect(run).toMatchObject({
    status: 'failed',
    error: { code: 'rejects.not_replayable', message: expect.stringContaining('read anew') },
  });
  await expectSame('anew');
});

test('a stream that is read as a whole has nothing to be replayed: its next run reads the rows again', async () => {
  await makeTable('whole');
  const id = await millrace.connect([
    stream('whole', 'full_refresh_overwrite', { rowPolicy: 'reject_row', sql: 'select * from input' }),
  ]);
  await millrace.sync(id);
  await makeBad('whole');
  expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ loaded: 2971, rejected: 30 });
  const refused = await millrace.call('POST', `/v1/connections/${id}/rejects/replay`);
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'rejects.not_replayable', detail: expect.stringContaining('as a whole') },
  });
  await millrace.destination.query(WIDEN('whole'));
  expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ loaded: 3001, rejected: 0 });
  await expectSame('whole');
});
