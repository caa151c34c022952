import { describe, expect, test, vi } from 'vitest';
import { isMillraceError } from '../../platform/errors/error.js';
import { type Position, START } from '../../checkpoint/position.js';
import destination from '../../connectors/destinations/parquet/index.js';
import { incomingPrefix } from '../../connectors/destinations/parquet/layout.js';
import type { LoadRequest } from '../../connectors/sdk/destination.js';
import type { TestFeed } from '../../connectors/sdk/testing/destination/feed.js';
import { httpProxy } from '../support/http-proxy.js';
import { WITHOUT_S3, hasS3Server } from '../support/s3-server.js';
import { Dead, LakeScene, type Moment, type Watch, dieAt, idsOf, row } from './support/lake-scene.js';

vi.setConfig({ testTimeout: 120_000 });
if (!hasS3Server) process.stderr.write(`Skipping what needs a bucket: ${WITHOUT_S3}.\n`);

const STORES = [
  ['a folder', 'file', true],
  ['a bucket', 's3', hasS3Server],
] as const;

for (const [name, kind, isThere] of STORES) {
  describe.skipIf(!isThere)(`in ${name}`, () => {
    test('I2: an append that dies at any moment and is repeated loads its rows once, and nobody reads a row before its commit', async () => {
      await using scene = await LakeScene.open(kind);
      const ends: string[] = [];
      const moments = await appendMoments(scene);
      for (const moment of [...moments, undefined]) {
        const feed = await scene.feed({ mode: 'incremental_append' });
        await feed.load([row(1), row(2)]);
        const request = await feed.request([row(3), row(4)]);
        await dying(scene, request, moment);
        const seen = idsOf(await scene.lake.rows(feed.target));
        expect([[1, 2].join(), [1, 2, 3, 4].join()], where(moment)).toContain(seen.join());
        const listed = idsOf(await scene.lake.listedRows(feed.target));
        expect([[1, 2].join(), [1, 2, 3, 4].join()], where(moment)).toContain(listed.join());
        const again = await scene.load({ ...request, attempt: 2 });
        expect(again.rows.loaded).toBe(2);
        ends.push(again.alreadyLoaded ? 'committed' : 'lost');
        expect(idsOf(await scene.lake.rows(feed.target)), where(moment)).toEqual([1, 2, 3, 4]);
        expect(idsOf(await scene.lake.listedRows(feed.target)), where(moment)).toEqual([1, 2, 3, 4]);
      }
      expect(new Set(ends)).toEqual(new Set(['committed', 'lost']));
    });

    test('I2: an append that dies at any moment and is followed by another run, which reads other slices, loads every row once', async () => {
      await using scene = await LakeScene.open(kind);
      for (const moment of [...(await appendMoments(scene)), undefined]) {
        const feed = await scene.feed({ mode: 'incremental_append' });
        await feed.load([row(1), row(2)]);
        const request = await feed.request([row(3), row(4)]);
        await dying(scene, request, moment);
        const raised = await scene.fence(feed, feed.epoch + 1);
        if (raised.outcome !== 'raised') throw new Error('refused');
        const [place] = raised.live;
        expect(raised.missingTargets).toEqual([]);
        const isIn = place?.seq === 2;
        expect(idsOf(await scene.lake.rows(feed.target)), where(moment)).toEqual(isIn ? [1, 2, 3, 4] : [1, 2]);
        const epoch = feed.epoch + 1;
        const next = { epoch, run: epoch, seq: isIn ? 3 : 2, from: place?.position ?? request.from };
        const other = await feed.request(isIn ? [row(5)] : [row(3), row(4), row(5)], { override: next });
        await scene.load(other);
        expect(idsOf(await scene.lake.rows(feed.target)), where(moment)).toEqual([1, 2, 3, 4, 5]);
        expect(idsOf(await scene.lake.listedRows(feed.target)), where(moment)).toEqual([1, 2, 3, 4, 5]);
        await expectNothingLeft(scene, feed.connectionId);
      }
    });

    test('I5: a refresh that dies at any moment of its last slice is seen whole or not at all by whoever follows the list', async () => {
      await using scene = await LakeScene.open(kind);
      const publication = async () => {
        const feed = await scene.feed({ mode: 'full_refresh_overwrite', whole: true });
        await feed.load([row(1)], { more: true });
        await feed.load([row(2)]);
        await feed.run();
        await feed.load([row(3)], { more: true });
        return { feed, last: await feed.request([row(4)]) };
      };
      const { last: first } = await publication();
      const moments = await scene.momentsOf((watch) => scene.load(first, watch));
      const seen = new Set<string>();
      for (const moment of [...moments, undefined]) {
        const { feed, last } = await publication();
        await dying(scene, last, moment);
        const listed = idsOf(await scene.lake.listedRows(feed.target)).join();
        expect(['1,2', '3,4'], where(moment)).toContain(listed);
        seen.add(listed);
        const folder = idsOf(await scene.lake.rows(feed.target));
        expect(folder.join().includes('1,2') || folder.join().includes('3,4'), `${where(moment)}: ${folder.join()}`).toBe(true);
        await scene.load({ ...last, attempt: 2 });
        expect(idsOf(await scene.lake.listedRows(feed.target)), where(moment)).toEqual([3, 4]);
        expect(idsOf(await scene.lake.rows(feed.target)), where(moment)).toEqual([3, 4]);
      }
      expect(seen).toEqual(new Set(['1,2', '3,4']));
    });

    test('I9: a load that is held up at any moment while its successor loads and refreshes changes nothing when it goes on', async () => {
      await using scene = await LakeScene.open(kind);
      const outcomes: string[] = [];
      for (const moment of await appendMoments(scene)) {
        const feed = await scene.feed({ mode: 'incremental_append' });
        await feed.load([row(1), row(2)]);
        const request = await feed.request([row(3), row(4)]);
        const { frozen, thaw, ended } = freeze((watch) => scene.load(request, watch), moment);
        await frozen;
        await feed.run();
        const raised = await scene.fence(feed, feed.epoch);
        if (raised.outcome !== 'raised') throw new Error('refused');
        const { lineage, position, seq } = raised.live[0] ?? { lineage: 0, position: request.from, seq: 0 };
        const follows = { lineage, from: position, seq: seq + 1 };
        await scene.load(await feed.request(seq === 2 ? [row(5)] : [row(3), row(4), row(5)], { override: follows }));
        expect(idsOf(await scene.lake.rows(feed.target)), where(moment)).toEqual([1, 2, 3, 4, 5]);
        await refresh(scene, feed, lineage + 1);
        thaw();
        outcomes.push(await ended);
        expect(idsOf(await scene.lake.rows(feed.target)), where(moment)).toEqual([8, 9]);
        expect(idsOf(await scene.lake.listedRows(feed.target)), where(moment)).toEqual([8, 9]);
      }
      expect(new Set(outcomes)).toEqual(new Set(['load.stale_epoch', 'loaded']));
    });

    test('a run that dies at any moment of taking over leaves to the next one what it has not done', async () => {
      await using scene = await LakeScene.open(kind);
      const takingOver = async () => {
        const feed = await scene.feed({ mode: 'incremental_append' });
        await feed.load([row(1), row(2)]);
        const orphan = await feed.request([row(6), row(7)]);
        const unplaced = await feed.request([row(3), row(4)]);
        await dying(scene, orphan, (await appendMoments(scene)).find(isCommit));
        await dying(scene, unplaced, (await appendMoments(scene)).find(isPlacing));
        return feed;
      };
      const first = await takingOver();
      const moments = await scene.momentsOf((watch) => scene.fence(first, first.epoch + 1, watch));
      expect(new Set(moments.map(({ call }) => call))).toEqual(new Set(['putText', 'move', 'remove']));
      for (const { index, ...moment } of moments) {
        const feed = await takingOver();
        await expect(scene.fence(feed, feed.epoch + 1, dieAt(index))).rejects.toBeInstanceOf(Dead);
        const raised = await scene.fence(feed, feed.epoch + 1);
        expect(raised, where({ index, ...moment })).toMatchObject({ outcome: 'raised', live: [{ seq: 2 }], missingTargets: [] });
        expect(idsOf(await scene.lake.rows(feed.target)), where({ index, ...moment })).toEqual([1, 2, 3, 4]);
        expect(idsOf(await scene.lake.listedRows(feed.target)), where({ index, ...moment })).toEqual([1, 2, 3, 4]);
        await expectNothingLeft(scene, feed.connectionId);
      }
    });

    test('I9: a run that is held up at any moment of taking over removes and changes nothing of its successor', async () => {
      await using scene = await LakeScene.open(kind);
      const unsettled = async () => {
        const feed = await scene.feed({ mode: 'incremental_append' });
        await feed.load([row(1), row(2)]);
        const request = await feed.request([row(3), row(4)]);
        await dying(scene, request, (await appendMoments(scene)).find(isPlacing));
        return feed;
      };
      const first = await unsettled();
      for (const moment of await scene.momentsOf((watch) => scene.fence(first, first.epoch + 1, watch))) {
        const feed = await unsettled();
        const { frozen, thaw, ended } = freeze((watch) => scene.fence(feed, feed.epoch + 1, watch), moment);
        await frozen;
        await feed.run();
        await feed.run();
        await scene.load(await feed.request([row(5)], { override: { seq: 3, from: positionOfSecond } }));
        await refresh(scene, feed, 2);
        thaw();
        await ended;
        expect(idsOf(await scene.lake.rows(feed.target)), where(moment)).toEqual([8, 9]);
        expect(idsOf(await scene.lake.listedRows(feed.target)), where(moment)).toEqual([8, 9]);
      }
    });

    test('I2: streams of one connection that load side by side all get in', async () => {
      await using scene = await LakeScene.open(kind);
      const feed = await scene.feed({ mode: 'incremental_append' });
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const requests = await Promise.all(
        names.map((stream, index) =>
          feed.request([row(index)], {
            override: { feed: stream, stream, target: { schema: 'raw', table: `${feed.target.table}_${stream}` } },
          }),
        ),
      );
      await Promise.all(requests.map((request) => scene.load(request)));
      for (const [index, { target }] of requests.entries()) expect(idsOf(await scene.lake.rows(target))).toEqual([index]);
      const { ledger } = await scene.standing(feed.connectionId);
      expect(ledger.map(({ feed: stream }) => stream).toSorted()).toEqual(names);
    });

    test('I2: of two loads of one slice one gets in, and the other answers the same', async () => {
      await using scene = await LakeScene.open(kind);
      const feed = await scene.feed({ mode: 'incremental_append' });
      const request = await feed.request([row(1), row(2)]);
      const results = await Promise.all([1, 2, 3].map((attempt) => scene.load({ ...request, attempt })));
      expect(results.filter(({ alreadyLoaded }) => !alreadyLoaded)).toHaveLength(1);
      expect(results.map(({ rows }) => rows.loaded)).toEqual([2, 2, 2]);
      expect(idsOf(await scene.lake.rows(feed.target))).toEqual([1, 2]);
    });
  });
}

const positionOfSecond: Position = { kind: 'cursor', cursor: { type: 'int', field: 'rev', value: '20' } };
const isCommit = ({ call, key, when }: Moment): boolean => call === 'putText' && key.includes('/log/') && when === 'before';
const isPlacing = ({ call, when }: Moment): boolean => call === 'move' && when === 'before';

test.skipIf(!hasS3Server)('I2: a load whose commit was done, and its answer lost, has loaded its rows once', async () => {
  await using scene = await LakeScene.open('s3');
  const feed = await scene.feed({ mode: 'incremental_append' });
  await feed.load([row(1), row(2)]);
  await using proxy = await httpProxy(scene.config.endpoint ?? '');
  const lost = proxy.loseAnswer(/^PUT .*\/log\//);
  const context = { ...scene.session.context(), config: { ...scene.config, endpoint: proxy.url } };
  const request = await feed.request([row(3), row(4)]);
  const config = destination.config.parse(context.config);
  const loaded = await destination.load({ ...context, config }, request);
  await lost;
  expect(loaded).toMatchObject({ alreadyLoaded: false, rows: { loaded: 2 } });
  expect(idsOf(await scene.lake.rows(feed.target))).toEqual([1, 2, 3, 4]);
});

/** Every moment of the second load of a feed. */
async function appendMoments(scene: LakeScene): Promise<readonly Moment[]> {
  const feed = await scene.feed({ mode: 'incremental_append' });
  await feed.load([row(1), row(2)]);
  const request = await feed.request([row(3), row(4)]);
  const moments = await scene.momentsOf((watch) => scene.load(request, watch));
  expect(moments.map(({ call }) => call)).toContain('move');
  return moments;
}

async function dying(scene: LakeScene, request: LoadRequest, moment: Moment | undefined): Promise<void> {
  const load = scene.load(request, moment ? dieAt(moment.index) : undefined);
  if (moment) await expect(load, where(moment)).rejects.toBeInstanceOf(Dead);
  else await load;
}

const where = (moment: Moment | undefined): string => (moment ? `${moment.when} ${moment.call} ${moment.key}` : 'not at all');

/** Reads the stream anew in another lineage, and replaces what was loaded. */
async function refresh(scene: LakeScene, feed: TestFeed, lineage: number): Promise<void> {
  const shadow = { publish: true, replace: true };
  await scene.load(await feed.request([row(8), row(9)], { override: { lineage, seq: 1, from: START, shadow } }));
}

async function expectNothingLeft(scene: LakeScene, connectionId: string): Promise<void> {
  await using store = await scene.store();
  const left: string[] = [];
  for await (const { key } of store.list(incomingPrefix(connectionId), { unfinished: true })) left.push(key);
  expect(left).toEqual([]);
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Holds something up when it comes to a moment. */
function freeze(act: (watch: Watch) => Promise<unknown>, { index }: Moment) {
  const [reached, released] = [deferred(), deferred()];
  const ended = act(async (moment) => {
    if (moment.index !== index) return;
    reached.resolve();
    await released.promise;
  }).then(
    () => 'loaded',
    (error: unknown) => (isMillraceError(error) ? error.code : String(error)),
  );
  return { frozen: reached.promise, thaw: released.resolve, ended };
}
