import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { contentHash, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { expectAccounted, rejectedRows, stream } from './support/row-scene.js';

const LOAD_SESSION = 'insert into _millrace.ledger';

test.each([
  [
    'after the rejected rows were kept, before the ledger knew of them',
    { on: 'update _millrace.ledger set loaded', freeze: 'before' },
  ],
  ['between commit and acknowledgement', { session: LOAD_SESSION, on: 'commit\0', freeze: 'after' }],
] as const)('I7: killed %s: each rejected row is kept and listed once', async (_, trap) => {
  await using millrace = await startMillrace({ worker: false });
  await using proxy = await faultProxy(millrace.destination.url);
  await millrace.source.query(`create table shop (id int primary key, v int); insert into shop values (0, 1)`);
  const id = await millrace.connect([stream('shop', 'incremental_append', { rowPolicy: 'reject_row' })], {
    destination: proxy.url,
  });
  const first = await millrace.workerProcess();
  await millrace.sync(id);
  await millrace.destination.query('alter table shop add check (v > 0)');
  await millrace.source.query(
    'insert into shop select i, case when i % 10 = 0 then -i else i end from generate_series(1, 1000) i',
  );
  const frozen = proxy.trap(trap);
  const runId = await millrace.request(id);
  await frozen;
  await first.kill('SIGKILL');
  await millrace.workerProcess();
  const run = await millrace.ended(runId);
  expect(run.status, JSON.stringify(run.error)).toBe('succeeded');
  expect(run.streams[0]?.rows).toMatchObject({ loaded: 900, rejected: 100 });
  expectAccounted(run);
  const rejects = (await millrace.call('GET', `/v1/connections/${id}/rejects`)).body.data;
  expect(rejects).toMatchObject([{ rows: 100, runId }]);
  expect((await rejectedRows(millrace, id)).map(({ row }) => Number(row['id']))).toEqual(
    Array.from({ length: 100 }, (_row, index) => 10 * (index + 1)),
  );
  const left = await readdir(`${millrace.stageDir}/wsp_default/${id}`);
  expect(left).toEqual(['rejects']); // the run's own files went with its success
  expect(await contentHash(millrace.destination, 'shop', 'id, v')).toEqual(
    await contentHash(millrace.source, '(select * from shop where v > 0) as good', 'id, v'),
  );
});

test('I7: rejected rows are listed before the run ends, although the metadata could not take them when they were kept', async () => {
  await using millrace = await startMillrace();
  const { source, destination, metadata } = millrace;
  await source.query(`create table away (id int primary key, v int); insert into away values (0, 1)`);
  const id = await millrace.connect([stream('away', 'incremental_append', { rowPolicy: 'reject_row' })]);
  await millrace.sync(id);
  await destination.query('alter table away add check (v > 0)');
  await source.query('insert into away values (1, -1), (2, 2)');
  await metadata.query('alter table rejects rename to elsewhere');
  const runId = await millrace.request(id);
  const row = (): Promise<object[]> =>
    metadata.query('select 1 from run_streams where run_id = $1 and rows_rejected = 1', [runId]);
  await waitFor(async () => (await row()).length > 0, { what: 'the slice is loaded', timeoutMs: 30_000 });
  const loaded = `select 1 from _millrace.ledger where connection = $1 and seq = 2 and rejects is not null`;
  expect(await destination.query(loaded, [id])).toHaveLength(1);
  await metadata.query('alter table elsewhere rename to rejects');
  expect((await millrace.ended(runId)).status).toBe('succeeded');
  expect((await millrace.call('GET', `/v1/runs/${runId}/rejects`)).body.data).toMatchObject([{ rows: 1 }]);
});
