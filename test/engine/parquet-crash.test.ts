import { describe, expect, test } from 'vitest';
import { freezableWorker } from '../support/freezable-worker.js';
import { type HttpTrap, httpProxy } from '../support/http-proxy.js';
import { WITHOUT_S3, hasS3Server } from '../support/s3-server.js';
import { LakeRuns, stream } from './support/lake-runs.js';
import { idsOf } from './support/lake-scene.js';

/** Workers are killed and frozen at the exact call to a real server; the ids of all rows are compared. */
if (!hasS3Server) process.stderr.write(`Skipping what needs a bucket: ${WITHOUT_S3}.\n`);

const TARGET = { schema: 'public', table: 'events' };

const MOMENTS: readonly (readonly [string, HttpTrap])[] = [
  ['between file and commit', { on: /^PUT .*\/incoming\//, freeze: 'after' }],
  ['between commit and answer', { on: /^PUT .*\/log\//, freeze: 'after', after: /^PUT .*\/incoming\// }],
  ['before a file gets its place', { on: /^PUT .*\/public\/events\/live-/, freeze: 'before' }],
];

const FROZEN = new Set(['between file and commit', 'before a file gets its place']);

interface Scene extends AsyncDisposable {
  readonly runs: LakeRuns;
  readonly connectionId: string;
  /** Traps a call of the load that comes after the fence of its run. */
  trapLoad(trap: HttpTrap): Promise<void>;
  release(): void;
  add(from: number, to: number): Promise<unknown>;
  expectAll(upTo: number): Promise<void>;
}

async function scene(): Promise<Scene> {
  const runs = await LakeRuns.start('s3', { worker: false, sliceBytes: 20_000 });
  const proxy = await httpProxy(runs.config.endpoint ?? '');
  const { source } = runs.millrace;
  await source.query('create table events (id int primary key, note text)');
  const add = (from: number, to: number): Promise<unknown> =>
    source.query(`insert into events select n, md5(n::text) from generate_series(${from}, ${to}) as n`);
  await add(1, 500);
  const config = { ...runs.config, endpoint: proxy.url };
  const connectionId = await runs.connect([stream('events', 'incremental_append', { cursorField: 'id' })], config);
  return {
    ...{ runs, connectionId, add },
    release: proxy.release,
    trapLoad: (trap) => proxy.trap(trap),
    expectAll: async (upTo) => {
      const all = Array.from({ length: upTo }, (_, index) => index + 1);
      expect(idsOf(await runs.lake.rows(TARGET))).toEqual(all);
      expect(idsOf(await runs.lake.listedRows(TARGET))).toEqual(all);
    },
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await runs[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(!hasS3Server)('a worker that loads into a bucket', { timeout: 240_000 }, () => {
  test.each(MOMENTS)('I2: is killed %s: the run goes on, no row is lost or doubled', async (_, trap) => {
    await using stage = await scene();
    const { runs, connectionId } = stage;
    const first = await runs.millrace.workerProcess();
    await runs.sync(connectionId);
    await stage.add(501, 1500);
    const frozen = stage.trapLoad(trap);
    const runId = await runs.millrace.request(connectionId);
    await frozen;
    await first.kill('SIGKILL');
    stage.release();
    await stage.add(1501, 1600);
    await runs.millrace.workerProcess();
    const run = await runs.millrace.ended(runId);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    await runs.sync(connectionId);
    await stage.expectAll(1600);
  });

  test.each(MOMENTS.filter(([name]) => FROZEN.has(name)))(
    'I9: is frozen %s and wakes up after its successor has loaded: it changes nothing',
    async (_, trap) => {
      await using stage = await scene();
      const { runs, connectionId } = stage;
      await using worker = await freezableWorker(runs.millrace);
      await runs.sync(connectionId);
      await stage.add(501, 1500);
      const frozen = stage.trapLoad(trap);
      const runId = await runs.millrace.request(connectionId);
      await frozen;
      await worker.freeze();
      const successor = await runs.millrace.workerProcess();
      const ended = await runs.millrace.ended(runId, 120_000);
      expect(ended.status, JSON.stringify(ended)).toBe('succeeded');
      await stage.expectAll(1500);
      stage.release();
      worker.wake();
      await successor.kill('SIGTERM');
      await stage.add(1501, 1600);
      await runs.sync(connectionId);
      await stage.expectAll(1600);
    },
  );
});
