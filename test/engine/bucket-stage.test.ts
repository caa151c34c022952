import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTemporal } from '../e2e/support/temporal.js';
import { type StageBucket, stageBucket } from '../support/bucket.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { WITHOUT_S3, hasS3Server } from '../support/s3-server.js';
import { tcpProxy } from '../support/tcp-proxy.js';
import { openTransaction } from './support/sessions.js';
import { stream } from './support/row-scene.js';

if (!hasS3Server) process.stderr.write(`Skipping what needs a bucket: ${WITHOUT_S3}.\n`);

/** Small enough for several slices of 3,000 rows. */
const SLICE_BYTES = 100_000;

let bucket: StageBucket;

const makeTable = (millrace: Millrace, table: string): Promise<unknown> =>
  millrace.source.query(`create table ${table} (id int primary key, v text, filler text default repeat('x', 90));
    insert into ${table} values (0, 'first')`);

const addRows = (millrace: Millrace, table: string): Promise<unknown> =>
  millrace.source.query(`insert into ${table} select i, 'row ' || i from generate_series(1, 3000) i; analyze ${table}`);

async function expectSame(millrace: Millrace, table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, v')).toEqual(await contentHash(millrace.source, table, 'id, v'));
}

/** Folders of runs that the bucket holds. */
const stagedRuns = async (connectionId: string): Promise<readonly string[]> =>
  readdir(`${bucket.folder}/wsp_default/${connectionId}`).catch(() => []);

describe.skipIf(!hasS3Server)('a stage in a bucket', () => {
  beforeEach(async () => {
    bucket = await stageBucket();
  });
  afterEach(() => bucket[Symbol.asyncDispose]());

  test('I1, I2: what a machine had staged when it died, another one loads, once', async () => {
    await using millrace = await startMillrace({ worker: false, sliceBytes: SLICE_BYTES, stageUrl: bucket.url });
    await using temporal = await openTemporal();
    await makeTable(millrace, 'moved');
    const id = await millrace.connect([stream('moved', 'incremental_append')]);
    const first = await millrace.workerProcess();
    await millrace.sync(id);
    await addRows(millrace, 'moved');
    const lock = await openTransaction(millrace.destination, 'lock table moved');
    const runId = await millrace.request(id);
    await temporal.activityStarted(`sync/${id}/2`, 'load');
    await first.kill('SIGKILL');
    await lock.end('rollback');
    await millrace.workerProcess(); // with a home of its own
    const run = await millrace.ended(runId);
    expect(run).toMatchObject({ status: 'succeeded', streams: [{ rows: { loaded: 3000 } }] });
    expect(run.streams[0]?.slices).toBeGreaterThan(2);
    await expectSame(millrace, 'moved');
    expect(await stagedRuns(id)).toEqual([]);
  });

  test('transforms, merges, full reads, rejected rows and previews go through it', async () => {
    await using millrace = await startMillrace({ sliceBytes: SLICE_BYTES, stageUrl: bucket.url });
    const tables = ['appended', 'merged', 'copied', 'changed'];
    for (const table of tables) {
      await makeTable(millrace, table);
      await addRows(millrace, table);
    }
    const id = await millrace.connect([
      stream('appended', 'incremental_append', { rowPolicy: 'reject_row' }),
      stream('merged', 'incremental_deduped'),
      stream('copied', 'full_refresh_overwrite'),
      stream('changed', 'incremental_append', { sql: 'select id, v, filler from input' }),
    ]);
    expect((await millrace.sync(id)).status).toBe('succeeded');
    for (const table of tables) await expectSame(millrace, table);
    await millrace.destination.query(`create domain short as varchar(8); alter table appended alter column v type short`);
    await millrace.source.query(`insert into appended values (3001, 'much too long'), (3002, 'ok')`);
    const run = await millrace.sync(id);
    expect(run.streams.find(({ name }) => name === 'public.appended')?.rows).toMatchObject({ loaded: 1, rejected: 1 });
    const [reject] = (await millrace.call('GET', `/v1/runs/${run.id}/rejects`)).body.data;
    const page = (await millrace.call('GET', `/v1/rejects/${reject.id}/rows`)).body;
    expect(page.data).toMatchObject([{ values: { id: '3001', v: 'much too long' } }]);
    const lines = await millrace.call('GET', `/v1/rejects/${reject.id}/download?format=ndjson`);
    expect(JSON.stringify(lines.body)).toContain('much too long');
    const preview = await millrace.call('POST', '/v1/transforms/preview', { connectionId: id, stream: 'public.changed' });
    expect(preview.status, JSON.stringify(preview.body)).toBe(200);
    expect(await readdir(`${bucket.folder}/_answers`).catch(() => [])).toEqual([]);
    expect(await stagedRuns(id)).toEqual(['rejects']);
  });

  test('while it is away, runs wait for it and lose nothing', async () => {
    await using proxy = await tcpProxy(Number(new URL(bucket.access.endpoint).port));
    process.env['AWS_ENDPOINT_URL_S3'] = `http://${proxy.address}`; // the bucket's end sets it back
    await using millrace = await startMillrace({ sliceBytes: SLICE_BYTES, stageUrl: bucket.url });
    await using temporal = await openTemporal();
    await makeTable(millrace, 'waiting');
    const id = await millrace.connect([stream('waiting', 'incremental_append')]);
    await millrace.sync(id);
    await addRows(millrace, 'waiting');
    const lock = await openTransaction(millrace.destination, 'lock table waiting');
    const runId = await millrace.request(id);
    await temporal.activityStarted(`sync/${id}/2`, 'load');
    const away = proxy.cut(8_000);
    await lock.end('rollback');
    await temporal.attemptFailed(`sync/${id}/2`, 'stage.unreachable');
    await away;
    expect((await millrace.ended(runId)).status).toBe('succeeded');
    await expectSame(millrace, 'waiting');
  });

  test('a file cannot be handed over where no source could read it, and the answer says what to do', async () => {
    await using millrace = await startMillrace({ worker: false, stageUrl: bucket.url });
    const reply = await fetch(`${millrace.apiUrl}/v1/uploads?name=a.csv`, {
      method: 'POST',
      body: 'a\n1\n',
      headers: { authorization: `Bearer ${millrace.apiKey}`, 'content-type': 'application/octet-stream' },
    });
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject({ code: 'uploads.no_stage', detail: expect.stringContaining('bucket') });
  });
});
