import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTemporal, openTemporal } from '../e2e/support/temporal.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { openTransaction } from './support/sessions.js';

/** A connection with more streams than are read side by side: they begin together. */

const TABLES = 6;
const ROWS = 500;

let millrace: Millrace;
let temporal: TestTemporal;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 20_000 });
  temporal = await openTemporal();
});
afterAll(async () => {
  await temporal[Symbol.asyncDispose]();
  await millrace[Symbol.asyncDispose]();
});

async function makeTables(name: string): Promise<readonly string[]> {
  const tables = Array.from({ length: TABLES }, (_, index) => `${name}_${index}`);
  for (const table of tables)
    await millrace.source.query(`create table ${table} (id int primary key, note text);
      insert into ${table} select i, 'row ' || i from generate_series(1, ${ROWS}) i; analyze ${table}`);
  return tables;
}

const appended = (table: string): object => ({ name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' });

async function expectSame(tables: readonly string[]): Promise<void> {
  for (const table of tables)
    expect(await contentHash(millrace.destination, table, 'id, note'), table).toEqual(
      await contentHash(millrace.source, table, 'id, note'),
    );
}

async function expectSteps(workflowId: string, steps: Readonly<Record<string, number>>): Promise<void> {
  const activities = await temporal.activitiesOf(workflowId);
  const counted = Object.fromEntries([...new Set(activities)].map((type) => [type, activities.filter((a) => a === type).length]));
  expect(counted).toEqual(steps);
}

const loadedOf = async (runId: string): Promise<ReadonlyMap<string, number>> => {
  const { body } = await millrace.call('GET', `/v1/runs/${runId}/streams`);
  return new Map(body.data.map((stream: { name: string; rows: { loaded: number } }) => [stream.name, stream.rows.loaded]));
};

test('one step reads all streams; those with nothing new need no other', async () => {
  const tables = await makeTables('quiet');
  const [, , changed = '', whole = ''] = tables;
  const streams = tables.map((table) =>
    table === whole ? { name: `public.${table}`, mode: 'full_refresh_overwrite' } : appended(table),
  );
  const id = await millrace.connect(streams);
  const first = await millrace.sync(id);
  await expectSteps(first.workflowId, { prepare: 1, extractTogether: 1, load: TABLES, finish: 1 });
  await expectSame(tables);
  await millrace.source.query(`insert into ${changed} select i, 'more ' || i from generate_series(${ROWS + 1}, ${ROWS + 10}) i`);
  const second = await millrace.sync(id);
  await expectSteps(second.workflowId, { prepare: 1, extractTogether: 1, load: 2, finish: 1 });
  expect(second.streams.map(({ rows }) => rows.loaded).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 10, ROWS]);
  await expectSame(tables);
});

test('a stream of many slices goes on by itself', async () => {
  const tables = await makeTables('long');
  await millrace.source.query(
    `insert into long_3 select i, 'more ' || i from generate_series(${ROWS + 1}, 5000) i; analyze long_3`,
  );
  const run = await millrace.sync(await millrace.connect(tables.map(appended)));
  expect(run.status).toBe('succeeded');
  const slices = run.streams.find(({ name }) => name === 'public.long_3')?.slices ?? 0;
  expect(slices).toBeGreaterThan(3);
  const all = run.streams.reduce((sum, stream) => sum + stream.slices, 0);
  const behindFirst = all - TABLES + 1; // the last one finds that there is no more
  await expectSteps(run.workflowId, { prepare: 1, extractTogether: 1, extract: behindFirst, load: all, finish: 1 });
  await expectSame(tables);
});

test('a locked table and one that cannot be read stop no other', async () => {
  const tables = await makeTables('apart');
  const [locked = '', bad = ''] = tables;
  await millrace.source.query(
    `alter table ${bad} add at timestamptz; update ${bad} set at = now() - interval '1 hour' where id > 1`,
  );
  const streams = tables.map((table) =>
    table === bad ? { ...appended(table), cursorField: 'at', nullCursor: 'error' } : appended(table),
  );
  const id = await millrace.connect(streams);
  await using lock = await openTransaction(millrace.source, `lock table ${locked}`);
  const runId = await millrace.request(id);
  await waitFor(
    async () => {
      const loaded = await loadedOf(runId);
      return tables.slice(2).every((table) => loaded.get(`public.${table}`) === ROWS);
    },
    { what: 'the others are loaded', timeoutMs: 30_000 },
  );
  await lock.end('rollback');
  const run = await millrace.ended(runId);
  expect(run.status).toBe('partial');
  expect(run.streams.find(({ name }) => name === `public.${bad}`)?.error).toMatchObject({ code: 'source.null_cursor' });
  await expectSame(tables.filter((table) => table !== bad));
});

test('a run that is cancelled while its streams begin together ends so', async () => {
  const tables = await makeTables('cancelled');
  const id = await millrace.connect(tables.map(appended));
  await using lock = await openTransaction(millrace.source, 'lock table cancelled_5');
  const runId = await millrace.request(id);
  await temporal.activityStarted(`sync/${id}/1`, 'extractTogether');
  expect((await millrace.call('POST', `/v1/runs/${runId}/cancel`)).status).toBe(202);
  const run = await millrace.ended(runId);
  expect(run.status).toBe('cancelled');
  expect(new Set(run.streams.map(({ status }) => status))).toEqual(new Set(['cancelled']));
  await lock.end('rollback');
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await expectSame(tables);
});
