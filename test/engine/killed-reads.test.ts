import { describe, expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { contentHash, startMillrace } from '../support/millrace.js';

/** Reads of many slices whose worker dies; `big-reads` stops them at every edge. */

describe.concurrent('a worker that is killed in the middle of a slice', { timeout: 120_000 }, () => {
  test.each([
    ['in a full read by key', 'full_refresh_overwrite', {}],
    ['in the first read of an incremental stream', 'incremental_append', { cursorField: 'at' }],
  ])('I2: %s', async (_, mode, more) => {
    await using millrace = await startMillrace({ worker: false, sliceBytes: 100_000 });
    const { source, destination } = millrace;
    await source.query(`create table big (a text, b int, at timestamptz, filler text, primary key (a, b));
      insert into big select 'k' || i % 7, i, '2024-01-01'::timestamptz + i % 50 * interval '1 s', repeat('x', 100) from generate_series(1, 6000) i; analyze big`);
    await using proxy = await faultProxy(source.url);
    const first = await millrace.workerProcess();
    const id = await millrace.connect([{ name: 'public.big', mode, ...more }], { source: proxy.url });
    const frozen = proxy.trap({ on: 'copy (select', skip: 3, freeze: 'after' });
    const runId = await millrace.request(id);
    await frozen;
    await first.kill('SIGKILL');
    await millrace.workerProcess();
    const run = await millrace.ended(runId);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    expect(await contentHash(destination, 'big', 'a, b, at, filler')).toEqual(
      await contentHash(source, 'big', 'a, b, at, filler'),
    );
  });
});
