import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../../platform/db/store.js';
import { faultProxy } from '../support/fault-proxy.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { holdTable } from './support/held-table.js';
import { sessionsOf } from './support/sessions.js';
import { openTemporal } from './support/temporal.js';

/** What people and programs ask of a connection: run, run twice at once, pause, go on, cancel. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function makeTable(table: string, rows = 1_000): Promise<object> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text); insert into ${table} select i, repeat('n', 40) || i from generate_series(1, ${rows}) i`,
  );
  return { name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' };
}

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, note')).toEqual(
    await contentHash(millrace.source, table, 'id, note'),
  );
}

/** As a client does that repeats what it is not sure of. */
async function requestWithKey(connectionId: string, idempotencyKey: string): Promise<RunRecord> {
  const answer = await waitFor(async () => {
    const reply = await fetch(`${millrace.apiUrl}/v1/connections/${connectionId}/syncs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${millrace.apiKey}`, 'idempotency-key': idempotencyKey },
    });
    return reply.status === 409 ? undefined : reply; // the same request is in flight
  });
  expect(answer.status).toBe(202);
  return (await answer.json()) as RunRecord;
}

async function runsOf(connectionId: string): Promise<readonly RunRecord[]> {
  return (await millrace.call('GET', `/v1/runs?connectionId=${connectionId}&limit=100`)).body.data.toReversed();
}

function expectOneAtATime(runs: readonly RunRecord[]): void {
  runs.slice(1).forEach((run, index) => expect(run.startedAt! >= runs[index]!.endedAt!, JSON.stringify(runs)).toBe(true));
}

describe.concurrent('requests', () => {
  test('I9, I10: many at once all end, one run at a time', async () => {
    const id = await millrace.connect([await makeTable('at_once')]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => millrace.call('POST', `/v1/connections/${id}/syncs`, {})));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const named = [...new Set(answers.map(({ body }) => body.id as string))];
    expect(named.length).toBeLessThan(answers.length);
    const ends = await Promise.all(named.map((runId) => millrace.ended(runId)));
    expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 'succeeded'));
    const runs = await runsOf(id);
    expect(runs.map((run) => run.id).toSorted()).toEqual(named.toSorted());
    expectOneAtATime(runs);
    await expectSame('at_once');
  });

  test('the same Idempotency-Key, sent many times at once and again later, is one run', async () => {
    const id = await millrace.connect([await makeTable('same_key')]);
    const answers = await Promise.all(Array.from({ length: 5 }, () => requestWithKey(id, 'nightly-7')));
    expect(new Set(answers.map((run) => run.id)).size).toBe(1);
    await millrace.ended(answers[0]!.id);
    expect((await requestWithKey(id, 'nightly-7')).id).toBe(answers[0]!.id);
    expect((await requestWithKey(id, 'nightly-8')).id).not.toBe(answers[0]!.id);
    expect(await runsOf(id)).toHaveLength(2);
  });

  test('a paused connection refuses requests and says so; resumed it runs', async () => {
    const id = await millrace.connect([await makeTable('paused')]);
    await millrace.call('POST', `/v1/connections/${id}/pause`, { note: 'moving house' });
    const refused = await millrace.call('POST', `/v1/connections/${id}/syncs`, {});
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'connection.paused',
        detail: expect.stringContaining('moving house'),
        suggestion: expect.stringContaining('resume'),
      },
    });
    await millrace.call('POST', `/v1/connections/${id}/resume`);
    expect((await millrace.sync(id)).status).toBe('succeeded');
    expect(await runsOf(id)).toHaveLength(1);
  });

  test('a run that waits when the connection is paused begins when it is resumed', async () => {
    const id = await millrace.connect([await makeTable('paused_queue')]);
    await using held = await holdTable(millrace.source, 'paused_queue');
    const [active, queued] = [await millrace.request(id), await millrace.request(id)];
    await millrace.call('POST', `/v1/connections/${id}/pause`, {});
    await held.release();
    expect((await millrace.ended(active)).status).toBe('succeeded');
    expect((await millrace.call('GET', `/v1/runs/${queued}`)).body.status).toBe('queued');
    await millrace.call('POST', `/v1/connections/${id}/resume`);
    expect((await millrace.ended(queued)).status).toBe('succeeded');
  });
});

describe.concurrent('cancel', () => {
  const SOON_MS = 10_000;

  async function noSessionLeft(id: string): Promise<void> {
    for (const database of [millrace.source, millrace.destination])
      await waitFor(async () => (await sessionsOf(database, id)).length === 0, { what: `no session of ${id} is left` });
  }

  test('a run whose extract hangs on the network ends within seconds and leaves no session', async () => {
    await using proxy = await faultProxy(millrace.source.url);
    const id = await millrace.connect([await makeTable('hangs', 20_000)], { source: proxy.url });
    const frozen = proxy.trap({ on: 'copy (select', freeze: 'after' });
    const runId = await millrace.request(id);
    await frozen;
    expect((await millrace.call('POST', `/v1/runs/${runId}/cancel`)).status).toBe(202);
    expect(await millrace.ended(runId, SOON_MS)).toMatchObject({ status: 'cancelled', error: { code: 'run.cancelled' } });
    proxy.release();
    await noSessionLeft(id);
    expect((await millrace.sync(id)).status).toBe('succeeded');
    await expectSame('hangs');
  });

  test.each(['source', 'destination'] as const)('a run that waits for a lock in the %s ends within seconds', async (side) => {
    const table = `locked_${side}`;
    const id = await millrace.connect([await makeTable(table)]);
    await millrace.sync(id);
    await millrace.source.query(`insert into ${table} select i, 'later' from generate_series(2001, 2500) i`);
    await using held = await holdTable(millrace[side], table);
    const runId = await millrace.request(id);
    await waitFor(async () => (await waiting(side, id)) > 0, { what: 'our session waits for the lock' });
    expect((await millrace.call('POST', `/v1/connections/${id}/cancel`)).status).toBe(202);
    expect((await millrace.ended(runId, SOON_MS)).status).toBe('cancelled');
    await noSessionLeft(id);
    await held.release();
    expect((await millrace.sync(id)).status).toBe('succeeded');
    await expectSame(table);
  });

  test('a run whose SQL would take for ever ends within seconds', async () => {
    await using temporal = await openTemporal();
    const stream = await makeTable('endless', 3_000);
    const sql = 'select count(*) as n from input a, input b, input c where a.id + b.id * c.id = -1';
    const id = await millrace.connect([{ ...stream, sql }]);
    const run = (await millrace.call('POST', `/v1/connections/${id}/syncs`, {})).body;
    await temporal.activityStarted(run.workflowId, 'transform');
    expect((await millrace.call('POST', `/v1/runs/${run.id}/cancel`)).status).toBe(202);
    expect((await millrace.ended(run.id, SOON_MS)).status).toBe('cancelled');
  });

  async function waiting(side: 'source' | 'destination', id: string): Promise<number> {
    const rows = await millrace[side].query(
      `select 1 from pg_stat_activity where starts_with(application_name, $1) and wait_event_type = 'Lock'`,
      [`millrace/${id}/`],
    );
    return rows.length;
  }

  test('a queued run is taken out of the queue; the active one goes on', async () => {
    const id = await millrace.connect([await makeTable('queued')]);
    await using held = await holdTable(millrace.source, 'queued');
    const [active, queued] = [await millrace.request(id), await millrace.request(id)];
    expect(queued).not.toBe(active);
    expect((await millrace.call('POST', `/v1/runs/${queued}/cancel`)).status).toBe(202);
    expect((await millrace.ended(queued)).status).toBe('cancelled');
    await held.release();
    expect((await millrace.ended(active)).status).toBe('succeeded');
    await expectSame('queued');
    const refused = await millrace.call('POST', `/v1/runs/${queued}/cancel`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'run.not_active' } });
  });
});
