import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type BoundarySet, START } from '../../checkpoint/position.js';
import destination from '../../connectors/destinations/parquet/index.js';
import type { FenceFeed } from '../../connectors/sdk/destination.js';
import type { TestFeed } from '../../connectors/sdk/testing/destination/feed.js';
import { LakeScene, idsOf, row } from './support/lake-scene.js';

vi.setConfig({ testTimeout: 120_000 });

let scene: LakeScene;
beforeAll(async () => {
  scene = await LakeScene.open('file');
});
afterAll(() => scene[Symbol.asyncDispose]());

const append = (): Promise<TestFeed> => scene.feed({ mode: 'incremental_append' });
const ownFolder = ({ connectionId }: TestFeed, name: string): string =>
  join(scene.lake.root, '_millrace', 'connections', connectionId, name);
const cursor = (value: string) => ({ kind: 'cursor', cursor: { type: 'int', field: 'rev', value } }) as const;

test('a long log is read from its newest snapshot on, and still tells every slice', async () => {
  const feed = await append();
  for (let id = 1; id <= 70; id++) await feed.load([row(id)]);
  expect(await readdir(ownFolder(feed, 'snapshots'))).toEqual(['000000000032.json', '000000000064.json']);
  const context = scene.session.context() as Parameters<typeof destination.standing>[0];
  const slices = await destination.slicesOfRun(context, feed.connectionId, 1);
  expect(slices.map(({ seq }) => seq)).toEqual(Array.from({ length: 70 }, (_, index) => index + 1));
  const log = (await readdir(ownFolder(feed, 'log'))).toSorted();
  await Promise.all(log.slice(0, 64).map((name) => rm(join(ownFolder(feed, 'log'), name))));
  expect(await scene.standing(feed.connectionId)).toMatchObject({ epoch: 1, ledger: [{ seq: 70, position: cursor('700') }] });
  await feed.load([row(71)]);
  expect(idsOf(await scene.lake.listedRows(feed.target))).toHaveLength(71);
  expect(await readdir(join(scene.lake.folder(feed.target), '_manifests'))).toHaveLength(3);
});

test('a log that lost an entry is refused, whatever is asked', async () => {
  const feed = await append();
  for (let id = 1; id <= 3; id++) await feed.load([row(id)]);
  await rm(join(ownFolder(feed, 'log'), '000000000003.json'));
  const missing = { code: 'load.destination_behind', message: expect.stringContaining('entry 3') };
  await expect(scene.standing(feed.connectionId)).rejects.toMatchObject(missing);
  await expect(scene.fence(feed, 2)).rejects.toMatchObject(missing);
  await expect(feed.load([row(4)])).rejects.toMatchObject(missing);
});

test('a table is written by one stream of one connection, and taken over only from one that was deleted', async () => {
  const [former, next] = [await append(), await append()];
  await former.load([row(1)]);
  const late = await former.request([row(2)]);
  const taking = { target: former.target, seq: 1, from: START } as const;
  const refused = scene.load(await next.request([row(9)], { override: taking }));
  await expect(refused).rejects.toMatchObject({ code: 'load.target_owned', facts: { owner: former.connectionId } });
  const formerOwner = former.connectionId;
  const adding = scene.load(await next.request([row(9)], { override: { ...taking, formerOwner } }));
  await expect(adding).rejects.toMatchObject({ code: 'load.target_incompatible' });
  const replacing = { mode: 'full_refresh_overwrite', whole: true, shadow: { publish: true, replace: false } } as const;
  await scene.load(await next.request([row(9)], { override: { ...taking, ...replacing, formerOwner } }));
  expect(idsOf(await scene.lake.rows(former.target))).toEqual([9]);
  await expect(scene.load(late)).rejects.toMatchObject({ code: 'load.stale_epoch' });
  await former.run();
  await former.run();
  const again = scene.load(await former.request([row(2)]));
  await expect(again).rejects.toMatchObject({ code: 'load.target_owned', facts: { owner: next.connectionId } });
  expect(idsOf(await scene.lake.rows(former.target))).toEqual([9]);
});

test('a folder with files of somebody else is no target, and they stay', async () => {
  const feed = await append();
  await feed.load([row(1)]);
  await writeFile(join(scene.lake.folder(feed.target), 'notes.txt'), 'mine');
  await feed.run();
  await feed.load([row(2)]);
  const folder = scene.lake.folder(feed.target);
  expect(await readdir(folder)).toContain('notes.txt');
  const other = await append();
  await scene.lake.drop(feed.target);
  await scene.lake.put(other.target, 'theirs.parquet');
  await expect(other.load([row(1)])).rejects.toMatchObject({
    code: 'load.target_incompatible',
    message: expect.stringContaining('theirs.parquet'),
  });
  expect(await scene.lake.files(other.target)).toEqual(['theirs.parquet']);
});

test('boundary sets come back with the place, and with a place that was set by hand', async () => {
  const feed = await append();
  const boundary: BoundarySet = { algorithm: 'md5-v1', fields: [{ name: 'id', stage: 'BIGINT' }], hashes: { abc: 2 } };
  await feed.load([row(1)], { override: { boundary } });
  await feed.load([row(2)]);
  const fenced = async (epoch: number, setTo?: FenceFeed['setTo']) => {
    const feeds = [{ name: 'conformance', target: feed.target, ...(setTo ? { setTo } : {}) }];
    const context = scene.session.context() as Parameters<typeof destination.fence>[0];
    return destination.fence(context, { connectionId: feed.connectionId, epoch, run: epoch, track: 'live', feeds });
  };
  expect(await fenced(2, cursor('10'))).toMatchObject({ boundaries: { conformance: boundary }, live: [{ seq: 2 }] });
  expect(await fenced(3, cursor('20'))).toMatchObject({ boundaries: {} });
  const last = await feed.request([row(3)], { override: { epoch: 3, run: 3, boundary } });
  await scene.load(last);
  expect(await fenced(4)).toMatchObject({ live: [{ seq: 3, boundary }] });
});

test('a column that is text in one segment of a slice is text in all of its file', async () => {
  const feed = await append();
  const [numbers, texts] = [await feed.request([{ ...row(1), name: '7' }]), await feed.request([{ ...row(2), name: 'seven' }])];
  const typed = await scene.session.bench.folder();
  const path = join(typed, 'typed.parquet');
  await scene.session.bench.engine.run(
    `copy (select id, name::bigint as name, rev from read_parquet('${numbers.segments[0]?.path}')) to '${path}' (format parquet)`,
  );
  const [first] = numbers.segments;
  if (!first) throw new Error('no segment');
  const columns = first.columns.map((column) => (column.name === 'name' ? { ...column, stage: 'BIGINT' } : column));
  const segments = [{ ...first, path, columns }, ...texts.segments];
  await scene.load({ ...texts, segments, columns, rows: 2, extracted: 2 });
  const held = await scene.lake.rows(feed.target);
  expect(held.map(({ id, name }) => [id, name])).toEqual([
    ['1', '7'],
    ['2', 'seven'],
  ]);
  expect(await scene.lake.files(feed.target)).toHaveLength(1);
});

test('I7: a slice of which rows are missing is not committed', async () => {
  const feed = await append();
  const request = await feed.request([row(1), row(2)]);
  await expect(scene.load({ ...request, rows: 3 })).rejects.toMatchObject({ code: 'load.count_mismatch' });
  expect(await scene.lake.rows(feed.target)).toEqual([]);
  await scene.load({ ...request, attempt: 2 });
  expect(idsOf(await scene.lake.rows(feed.target))).toEqual([1, 2]);
});
