import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { openTemporal } from '../e2e/support/temporal.js';
import { dataConverter } from '../../platform/temporal/payload-codec.js';
import { startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { BUNDLE_PATH } from '../../worker/bundle-path.js';

/**
 * Updates that came together while no worker was there, right after the end of a run, were once replayed in another order than
 * they had, which wedged the connection for good (sdk-rust#1146).
 */
test('I10: requests that waited for a worker replay as they were, on any worker', async () => {
  await using temporal = await openTemporal();
  await using millrace = await startMillrace({ worker: false });
  await millrace.source.query('create table asked (id int primary key); insert into asked select generate_series(1, 10)');
  const id = await millrace.connect([{ name: 'public.asked', mode: 'incremental_append', cursorField: 'id' }]);
  const history = () => temporal.client.workflow.getHandle(`connection/${id}`).fetchHistory();
  for (let round = 1; round <= 2; round++) {
    const worker = await millrace.workerProcess();
    await millrace.sync(id);
    await worker.kill('SIGTERM');
    const waiting = [{}, { streams: ['public.asked'] }].map((body) => millrace.call('POST', `/v1/connections/${id}/syncs`, body));
    await using successor = await millrace.workerProcess();
    await Promise.all(waiting);
    const numbers = round * 3;
    await waitFor(
      async () => {
        const { data } = (await millrace.call('GET', `/v1/runs?connectionId=${id}`)).body;
        return data.filter(({ status }: { status: string }) => status === 'succeeded').length === numbers;
      },
      { what: `${numbers} runs have succeeded`, timeoutMs: 60_000 },
    );
    await successor.kill('SIGTERM');
  }
  const { events } = await history();
  expect(events?.length).toBeGreaterThan(60);
  await Worker.runReplayHistory({ workflowBundle: { codePath: BUNDLE_PATH }, dataConverter }, { events: events ?? [] });
}, 180_000);
