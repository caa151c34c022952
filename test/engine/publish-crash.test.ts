import { describe, expect, test } from 'vitest';
import { faultProxy } from '../support/fault-proxy.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

/** Every mode that reads a whole stream, killed while its shadow becomes the target. */

/** What only the session says that publishes. */
const PUBLISHING: Readonly<Record<string, string>> = {
  full_refresh_overwrite: 'drop table "public"."items"',
  full_refresh_append: 'insert into "public"."items"',
  mirror: 'update "public"."items"',
  scd2: 'update "public"."items"',
};

const COLUMNS = 'id, name';

/** What each mode must hold after two runs, the second of which was killed. */
const HOLDS: Readonly<Record<string, (millrace: Millrace) => Promise<void>>> = {
  full_refresh_overwrite: (millrace) => expectSame(millrace, 'items'),
  mirror: (millrace) => expectSame(millrace, 'items'),
  full_refresh_append: async (millrace) => {
    await expectSame(millrace, '(select * from items where _millrace_run = 2) as held');
    expect(await millrace.destination.query('select count(*)::int as n from items')).toEqual([{ n: 4_000 + 3_901 }]);
  },
  scd2: async (millrace) => {
    await expectSame(millrace, '(select * from items where _millrace_is_current) as held');
    const ended = await millrace.destination.query(
      `select count(*)::int as n, count(distinct _millrace_valid_to)::int as moments from items where not _millrace_is_current`,
    );
    expect(ended).toEqual([{ n: 110, moments: 1 }]);
  },
};

async function expectSame({ source, destination }: Millrace, held: string): Promise<void> {
  expect(await contentHash(destination, held, COLUMNS)).toEqual(await contentHash(source, 'items', COLUMNS));
}

describe.concurrent('I5: a whole read is published once', { timeout: 120_000 }, () => {
  test.each([
    ...Object.keys(HOLDS).map((mode) => [mode, 'between the commit and its acknowledgement', 'after'] as const),
    ['scd2', 'before the commit', 'before'] as const,
  ])('%s, killed %s', async (mode, _when, freeze) => {
    await using millrace = await startMillrace({ worker: false, sliceBytes: 100_000 });
    const { source } = millrace;
    await source.query(
      `create table items (id int primary key, name text); insert into items select i, 'n' || i from generate_series(1, 4000) i`,
    );
    await using proxy = await faultProxy(millrace.destination.url);
    const id = await millrace.connect([{ name: 'public.items', mode }], { destination: proxy.url });
    const first = await millrace.workerProcess();
    expect((await millrace.sync(id)).status).toBe('succeeded');
    await source.query(
      `delete from items where id <= 100; update items set name = 'changed' where id <= 110; insert into items values (5000, 'new')`,
    );
    const frozen = proxy.trap({ session: PUBLISHING[mode] ?? '', on: 'commit\0', freeze });
    const runId = await millrace.request(id);
    await frozen;
    await first.kill('SIGKILL');
    await millrace.workerProcess();
    const run = await millrace.ended(runId);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    await HOLDS[mode]?.(millrace);
  });
});
