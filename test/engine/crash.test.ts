import { describe, expect, test } from 'vitest';
import type { Trap } from '../support/fault-proxy.js';
import { addRows, expectSame, scene } from './support/append-scene.js';

/** Workers are killed at the exact statement, on real servers; content is compared, never counts alone. */

type Where = 'sourceProxy' | 'destinationProxy' | 'metadataProxy';

const LOAD_SESSION = 'insert into _millrace.ledger';

const KILLS: readonly (readonly [string, Where, Trap])[] = [
  ['I1: killed during extract', 'sourceProxy', { on: 'copy (select', freeze: 'after' }],
  ['I8: killed after stage, before the load', 'destinationProxy', { on: 'for share', freeze: 'before' }],
  [
    'I2: killed during load, in the middle of the rows',
    'destinationProxy',
    { on: 'copy "public"."events"', freeze: { afterBytes: 20_000 } },
  ],
  ['I2: killed before the commit', 'destinationProxy', { session: LOAD_SESSION, on: 'commit\0', freeze: 'before' }],
  [
    'I2: killed between commit and acknowledgement',
    'destinationProxy',
    { session: LOAD_SESSION, on: 'commit\0', freeze: 'after' },
  ],
  ['I1: killed before the checkpoint', 'metadataProxy', { on: 'run_streams', skip: 1, freeze: 'before' }],
];

describe.concurrent('append is effectively-once', { timeout: 120_000 }, () => {
  test.each(KILLS)('%s: the run goes on, no row is lost or doubled', async (_name, where, trap) => {
    await using stage = await scene();
    const { millrace, connectionId, metadataProxy } = stage;
    const first = await millrace.workerProcess({ DATABASE_URL: metadataProxy.url });
    expect((await millrace.sync(connectionId)).status).toBe('succeeded');
    await addRows(millrace, 'second');
    const frozen = stage[where].trap(trap);
    const runId = await millrace.request(connectionId);
    await frozen;
    await first.kill('SIGKILL');
    await addRows(millrace, 'while no worker was there', 500);
    await millrace.workerProcess();
    const run = await millrace.ended(runId);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    expect((await millrace.sync(connectionId)).status).toBe('succeeded');
    await expectSame(millrace);
  });

  test('I2: a load whose acknowledgement was lost, then a new run that cuts its slices elsewhere', async () => {
    await using stage = await scene();
    const { millrace, connectionId, destinationProxy } = stage;
    const first = await millrace.workerProcess();
    await millrace.sync(connectionId);
    await addRows(millrace, 'second', 9000);
    const frozen = destinationProxy.trap({ session: LOAD_SESSION, on: 'commit\0', freeze: 'after' });
    const runId = await millrace.request(connectionId);
    await frozen;
    await first.kill('SIGKILL');
    await addRows(millrace, 'third', 4000);
    const second = destinationProxy.trap({ on: 'for share', freeze: 'before' });
    await millrace.workerProcess();
    await second;
    const cancelled = await millrace.call('POST', `/v1/runs/${runId}/cancel`);
    expect(cancelled.status, JSON.stringify(cancelled.body)).toBeLessThan(300);
    expect((await millrace.ended(runId)).status).toBe('cancelled');
    expect((await millrace.sync(connectionId)).status).toBe('succeeded');
    await expectSame(millrace);
  });
});
