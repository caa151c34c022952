import { type AddressInfo, createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { holdTable } from './support/held-table.js';
import { openTemporal } from './support/temporal.js';
import { terminateSessions } from './support/sessions.js';

/** What goes wrong outside: the run says what it was and what to do, or goes on by itself; what is loaded stays right. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 1_000_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

const stream = (table: string, more: object = {}): object => ({
  name: `public.${table}`,
  mode: 'incremental_append',
  cursorField: 'id',
  ...more,
});

/** Wide enough to fill the buffers between here and there. */
async function makeTable(table: string, rows = 20_000): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text); insert into ${table} select i, repeat('n', 40) || i from generate_series(1, ${rows}) i`,
  );
}

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, note')).toEqual(
    await contentHash(millrace.source, table, 'id, note'),
  );
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.concurrent('faults of others', () => {
  test.each(['source', 'destination'] as const)(
    'a wrong password of the %s fails the run at once and says what to do',
    async (side) => {
      const password = `planted-${side}-5c1f`;
      const url = new URL(millrace[side].url);
      url.password = password;
      const id = await millrace.connect([stream('never_read')], { [side]: url.href });
      const run = await millrace.sync(id);
      expect(run).toMatchObject({
        status: 'failed',
        error: { code: 'connector.auth_failed', suggestion: 'Check user and password.' },
      });
      expect(JSON.stringify(run)).not.toContain(password);
    },
  );

  test.each(['source', 'destination'] as const)('a %s that nobody answers for fails the run after a few tries', async (side) => {
    const url = new URL(millrace[side].url);
    url.port = String(await closedPort());
    const id = await millrace.connect([stream('never_read')], { [side]: url.href });
    const run = await millrace.sync(id);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'connector.unreachable' } });
    expect(run.error?.suggestion).not.toBe('');
  });

  test('the destination ends our session in the middle of a load: the slice is loaded again, once', async () => {
    await makeTable('ended_load');
    await using proxy = await faultProxy(millrace.destination.url);
    const id = await millrace.connect([stream('ended_load')], { destination: proxy.url });
    const frozen = proxy.trap({ on: 'copy "public"."ended_load"', freeze: { afterBytes: 200_000 } });
    const runId = await millrace.request(id);
    await frozen;
    expect(await terminateSessions(millrace.destination, id)).toBe(1);
    proxy.release();
    expect((await millrace.ended(runId)).status).toBe('succeeded');
    await expectSame('ended_load');
  });

  test('the source ends our session in the middle of an extract: the slice is read again', async () => {
    await makeTable('ended_extract');
    await using proxy = await faultProxy(millrace.source.url);
    const id = await millrace.connect([stream('ended_extract')], { source: proxy.url });
    const frozen = proxy.trap({ on: 'copy (select', freeze: 'after' });
    const runId = await millrace.request(id);
    await frozen;
    expect(await terminateSessions(millrace.source, id)).toBe(1);
    proxy.release();
    expect((await millrace.ended(runId)).status).toBe('succeeded');
    await expectSame('ended_extract');
  });

  test.each(['source', 'destination'] as const)('the line to the %s is cut in the middle of the rows', async (side) => {
    const table = `cut_${side}`;
    await makeTable(table);
    await using proxy = await faultProxy(millrace[side].url);
    const id = await millrace.connect([stream(table)], { [side]: proxy.url });
    const frozen = proxy.trap(
      side === 'source'
        ? { on: 'copy (select', freeze: 'after' }
        : { on: `copy "public"."${table}"`, freeze: { afterBytes: 200_000 } },
    );
    const runId = await millrace.request(id);
    await frozen;
    proxy.cut();
    expect((await millrace.ended(runId)).status).toBe('succeeded');
    await expectSame(table);
  });

  test('a source that is lost between two statements, as often as an unforeseen error is tried, is tried again', async () => {
    const table = 'lost_between';
    await makeTable(table, 100);
    await using proxy = await faultProxy(millrace.source.url);
    const id = await millrace.connect([stream(table)], { source: proxy.url });
    const lost = Array.from({ length: 4 }, () => proxy.trap({ on: 'from pg_locks l', freeze: 'before' }));
    const runId = await millrace.request(id);
    for (const frozen of lost) {
      await frozen;
      proxy.cut();
    }
    expect((await millrace.ended(runId)).status).toBe('succeeded');
    await expectSame(table);
  });

  test('a lock on the target that is held too long is told, waited for, and then the rows are there', async () => {
    await using temporal = await openTemporal();
    await makeTable('locked', 1_000);
    const id = await millrace.connect([stream('locked')]);
    await millrace.sync(id);
    await millrace.source.query(`insert into locked select i, 'later' from generate_series(2001, 2500) i`);
    await using holder = await holdTable(millrace.destination, 'locked');
    const runId = await millrace.request(id);
    const { body: run } = await millrace.call('GET', `/v1/runs/${runId}`);
    await temporal.attemptFailed(run.workflowId, 'load.blocked');
    await holder.release();
    expect((await millrace.ended(runId)).status).toBe('succeeded');
    await expectSame('locked');
  });

  test('a table that is missing fails its stream, the other is loaded: partial', async () => {
    await makeTable('present', 100);
    const id = await millrace.connect([stream('present'), stream('absent')]);
    const run = await millrace.sync(id);
    expect(run).toMatchObject({ status: 'partial', error: { code: 'source.stream_missing' } });
    expect(run.streams.map(({ name, status }) => [name, status])).toEqual([
      ['public.absent', 'failed'],
      ['public.present', 'succeeded'],
    ]);
    await expectSame('present');
  });

  test('SQL that fails on the data fails its stream and names the problem, the other is loaded', async () => {
    await makeTable('plain', 100);
    await makeTable('cast_fails', 100);
    const sql = 'select id, cast(note as integer) as note from input';
    const id = await millrace.connect([stream('plain'), stream('cast_fails', { sql })]);
    const run = await millrace.sync(id);
    expect(run.status).toBe('partial');
    const failed = run.streams.find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ name: 'public.cast_fails', error: { code: 'transform.failed' } });
    expect(failed?.error?.message).toMatch(/Conversion Error.*'n+1'|Could not convert.*'n+1'/i);
    expect(await millrace.destination.query(`select to_regclass('cast_fails') as found`)).toEqual([{ found: null }]);
    await expectSame('plain');
  });
});
