import { expect, test } from 'vitest';
import { freezableWorker } from '../support/freezable-worker.js';
import { addRows, expectSame, scene } from './support/append-scene.js';

test('I9: a worker that was frozen in the middle of a load and wakes up after its successor has finished', async () => {
  await using stage = await scene();
  const { millrace, connectionId, destinationProxy } = stage;
  await using worker = await freezableWorker(millrace);
  await millrace.sync(connectionId);
  await addRows(millrace, 'second');
  const frozen = destinationProxy.trap({ on: 'copy "public"."events"', freeze: { afterBytes: 20_000 } });
  const runId = await millrace.request(connectionId);
  await frozen;
  await worker.freeze();
  destinationProxy.release();
  const successor = await millrace.workerProcess();
  expect((await millrace.ended(runId, 120_000)).status).toBe('succeeded');
  await expectSame(millrace);
  worker.wake();
  await successor.kill('SIGTERM');
  await addRows(millrace, 'third', 100);
  expect((await millrace.sync(connectionId)).status).toBe('succeeded');
  await expectSame(millrace);
}, 180_000);
