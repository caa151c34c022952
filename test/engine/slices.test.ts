import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

const MIXED_KEY = `create table %s (a text, b int, at timestamptz, filler text, primary key (a, b));
  insert into %s select 'k' || (i % 7), i, case when i % 10 > 0 then '2024-01-01'::timestamptz + i % 1000 * interval '1 s' end, repeat('x', 100)
  from generate_series(1, 14000) i`;

async function makeTable(name: string): Promise<void> {
  await millrace.source.query(MIXED_KEY.replaceAll('%s', name));
}

test.each(['full_refresh_overwrite', 'incremental_append', 'incremental_deduped'])(
  '%s of more than ten slices by a composite key',
  async (mode) => {
    const { source, destination } = millrace;
    const table = `big_${mode}`;
    await makeTable(table);
    const cursor = mode === 'full_refresh_overwrite' ? {} : { cursorField: 'at' };
    const id = await millrace.connect([{ name: `public.${table}`, mode, ...cursor }]);
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    expect(run.streams[0]?.slices).toBeGreaterThan(10);
    expect(await contentHash(destination, table, 'a, b, at, filler')).toEqual(
      await contentHash(source, table, 'a, b, at, filler'),
    );
    const chain = await destination.query<{ from_position: string; to_position: string }>(
      `select from_position, to_position from _millrace.ledger where connection = $1 order by seq`,
      [id],
    );
    expect(chain).toHaveLength(run.streams[0]?.slices ?? 0);
    chain.slice(1).forEach((row, index) => expect(row.from_position).toBe(chain[index]?.to_position));
  },
);

test('changes of more than a slice, with many rows at one cursor value, come once each', async () => {
  const { source, destination } = millrace;
  await makeTable('backlog');
  const id = await millrace.connect([
    { name: 'public.backlog', mode: 'incremental_append', cursorField: 'at', nullCursor: 'exclude' },
  ]);
  await millrace.sync(id);
  await source.query(`insert into backlog select 'n', i, '2024-02-01'::timestamptz + i % 3 * interval '1 s', repeat('y', 100)
    from generate_series(1, 9000) i; analyze backlog`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.slices).toBeGreaterThan(1);
  expect(run.streams[0]?.rows.loaded).toBe(9000);
  await source.query(
    `insert into backlog select 'm', i, '2024-02-01 00:00:02+00', repeat('y', 100) from generate_series(1, 2000) i`,
  );
  const ties = await millrace.sync(id);
  expect(ties.streams[0]?.rows).toMatchObject({ repeated: 3000, loaded: 2000 });
  expect((await millrace.sync(id)).streams[0]?.rows.loaded).toBe(0);
  const wanted = await contentHash(source, '(select * from backlog where at is not null) as b', 'a, b, at, filler');
  expect(await contentHash(destination, 'backlog', 'a, b, at, filler')).toEqual(wanted);
});

test('a table without a key comes from one snapshot, in several segments', async () => {
  const { source, destination } = millrace;
  await source.query(`create table keyless as select i, repeat('z', 100) as filler from generate_series(1, 10000) i`);
  const id = await millrace.connect([{ name: 'public.keyless', mode: 'full_refresh_overwrite' }]);
  const run = await millrace.sync(id);
  expect(run.streams[0]).toMatchObject({ slices: 1, status: 'succeeded' });
  expect(await contentHash(destination, 'keyless', 'i, filler')).toEqual(await contentHash(source, 'keyless', 'i, filler'));
});

test('views and partitioned tables are read as well', async () => {
  const { source, destination } = millrace;
  await source.query(`create table parts (id int, at timestamptz not null, primary key (id, at)) partition by range (at);
    create table parts_1 partition of parts for values from ('2024-01-01') to ('2024-02-01');
    create table parts_2 partition of parts for values from ('2024-02-01') to ('2024-03-01');
    insert into parts select i, '2024-01-15'::timestamptz + i % 2 * interval '1 month' from generate_series(1, 5000) i;
    create view parts_view as select id, at, id * 2 as double from parts`);
  const id = await millrace.connect([
    { name: 'public.parts', mode: 'incremental_deduped', cursorField: 'at' },
    { name: 'public.parts_view', mode: 'full_refresh_overwrite' },
  ]);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  expect(await contentHash(destination, 'parts', 'id, at')).toEqual(await contentHash(source, 'parts', 'id, at'));
  expect(await contentHash(destination, 'parts_view', 'id, at, double')).toEqual(
    await contentHash(source, 'parts_view', 'id, at, double'),
  );
});

test('a bound that cannot be proven is noted once in a run, and stops what is appended', async () => {
  const { source } = millrace;
  await source.query(`create sequence blocks cache 50; create table cached (id bigint primary key default nextval('blocks'), filler text);
    insert into cached (filler) values ('first'); analyze cached`);
  const stream = { name: 'public.cached', cursorField: 'id' };
  const merging = await millrace.connect([{ ...stream, mode: 'incremental_deduped', target: { table: 'cached_merged' } }]);
  await millrace.sync(merging);
  await source.query(`insert into cached (filler) select repeat('x', 100) from generate_series(1, 5000); analyze cached`);
  const run = await millrace.sync(merging);
  expect(run.streams[0]?.slices).toBeGreaterThan(1);
  expect(run.streams[0]?.notes.filter((note: string) => note.startsWith('bound: unproven'))).toEqual([
    expect.stringMatching(/^bound: unproven \(.*blocks hands out numbers in blocks.*\)$/),
  ]);
  const appending = await millrace.connect([{ ...stream, mode: 'incremental_append' }]);
  expect(await millrace.sync(appending)).toMatchObject({ status: 'failed', error: { code: 'source.bound_unproven' } });
});
