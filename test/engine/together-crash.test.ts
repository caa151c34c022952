import { expect, test } from 'vitest';
import { openTemporal } from '../e2e/support/temporal.js';
import { contentHash, startMillrace } from '../support/millrace.js';
import { openTransaction } from './support/sessions.js';

const TABLES = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `killed_${letter}`);

test('I1, I2: a worker that dies while streams begin together loses and doubles nothing', async () => {
  await using millrace = await startMillrace({ worker: false });
  await using temporal = await openTemporal();
  for (const table of TABLES)
    await millrace.source.query(`create table ${table} (id int primary key, note text);
      insert into ${table} select i, 'row ' || i from generate_series(1, 500) i`);
  const streams = TABLES.map((table) => ({ name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' }));
  const id = await millrace.connect(streams);
  const worker = await millrace.workerProcess();
  const lock = await openTransaction(millrace.source, 'lock table killed_f');
  const runId = await millrace.request(id);
  await temporal.activityStarted(`sync/${id}/1`, 'extractTogether');
  await worker.kill('SIGKILL');
  await lock.end('rollback');
  await millrace.inProcessWorker();
  expect((await millrace.ended(runId, 60_000)).status).toBe('succeeded');
  for (const table of TABLES)
    expect(await contentHash(millrace.destination, table, 'id, note'), table).toEqual(
      await contentHash(millrace.source, table, 'id, note'),
    );
});
