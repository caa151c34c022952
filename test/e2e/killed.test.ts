import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import type { TestDatabase } from '../support/servers.js';
import { waitFor } from '../support/wait-for.js';

/** Workers are killed in the middle; what readers and the next attempt find is right. */

const COLUMNS = 'id, note';

async function expectSame({ source, destination }: Millrace, table: string): Promise<void> {
  expect(await contentHash(destination, table, COLUMNS)).toEqual(await contentHash(source, table, COLUMNS));
}

interface Reader extends AsyncDisposable {
  /** Every content that was seen, in order, each once. */
  seen(): readonly string[];
  reads(): number;
}

/** Reads the whole table again and again. A read that fails is part of what was seen. */
async function readAllTheTime(database: TestDatabase, table: string): Promise<Reader> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const seen: string[] = [];
  let reads = 0;
  const stop = new AbortController();
  const loop = (async () => {
    for (; !stop.signal.aborted; reads++) {
      const text = await client
        .query(
          `select count(*) || ' ' || coalesce(md5(string_agg(md5(row(${COLUMNS})::text), '' order by id)), '') as text from ${table}`,
        )
        .then(({ rows }) => (rows[0] as { text: string }).text, String);
      if (seen.at(-1) !== text) seen.push(text);
    }
  })();
  return {
    seen: () => seen,
    reads: () => reads,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await loop;
      await client.end();
    },
  };
}

describe.concurrent('killed in the middle', { timeout: 120_000 }, () => {
  test('I5: a full refresh that is killed leaves the old table whole for every reader; the next run publishes', async () => {
    await using millrace = await startMillrace({ worker: false, sliceBytes: 100_000 });
    await using proxy = await faultProxy(millrace.destination.url);
    const first = await millrace.workerProcess();
    await millrace.source.query(
      `create table catalog (id int primary key, note text); insert into catalog select i, repeat('old ', 15) || i from generate_series(1, 6000) i`,
    );
    const id = await millrace.connect([{ name: 'public.catalog', mode: 'full_refresh_overwrite' }], { destination: proxy.url });
    const run = await millrace.sync(id);
    expect(run.streams[0]?.slices).toBeGreaterThan(3);
    await using reader = await readAllTheTime(millrace.destination, 'catalog');
    await millrace.source.query(`update catalog set note = repeat('new ', 15) || id; delete from catalog where id % 5 = 0`);
    const frozen = proxy.trap({ on: 'copy "_millrace"."shadow', skip: 2, freeze: { afterBytes: 10_000 } });
    const killed = await millrace.request(id);
    await frozen;
    await first.kill('SIGKILL');
    const second = proxy.trap({ on: 'for share', freeze: 'before' });
    await millrace.workerProcess();
    await second;
    await millrace.call('POST', `/v1/runs/${killed}/cancel`);
    expect((await millrace.ended(killed)).status).toBe('cancelled');
    const reads = reader.reads();
    await waitFor(() => reader.reads() > reads + 1, { what: 'the table is read after the killed run' });
    expect(reader.seen()).toEqual([expect.stringMatching(/^6000 /)]);
    const published = await millrace.sync(id);
    expect(published.status, JSON.stringify(published)).toBe('succeeded');
    await expectSame(millrace, 'catalog');
    await waitFor(() => reader.seen().length > 1, { what: 'the reader sees the new rows' });
    expect(reader.seen()).toEqual([expect.stringMatching(/^6000 /), expect.stringMatching(/^4800 /)]);
    expect(await millrace.destination.query(`select relname from pg_class where relname like 'shadow%'`)).toEqual([]);
  });

  test.each(['incremental_append', 'incremental_deduped'])(
    'I2, I8: %s: an extract that was staged but not acknowledged, and reads other rows when it is repeated',
    async (mode) => {
      await using millrace = await startMillrace({ worker: false });
      const { source } = millrace;
      await using proxy = await faultProxy(source.url);
      const first = await millrace.workerProcess();
      await source.query(
        `create table notes (id int primary key, at timestamptz, note text);
         insert into notes select i, '2024-01-01'::timestamptz + i * interval '1 s', 'first' from generate_series(1, 3000) i`,
      );
      const streams = [{ name: 'public.notes', mode, cursorField: 'at' }];
      const id = await millrace.connect(streams, { source: proxy.url });
      // to end its session in the source is the last thing that an extract does
      const staged = proxy.trap({ session: 'copy (select', on: 'discard all\0', freeze: 'before' });
      const runId = await millrace.request(id);
      await staged;
      await first.kill('SIGKILL');
      await source.query(
        `delete from notes where id % 3 = 0; update notes set note = 'changed', at = at + interval '1 day' where id % 7 = 0;
         insert into notes select i, '2024-01-01 00:30:00+00', 'between' from generate_series(5001, 5500) i`,
      );
      await millrace.workerProcess();
      const run = await millrace.ended(runId);
      expect(run.status, JSON.stringify(run)).toBe('succeeded');
      await expectSame(millrace, 'notes');
    },
  );
});
