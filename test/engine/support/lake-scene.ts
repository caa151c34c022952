/**
 * A feed that is loaded into Parquet files slice by slice, over a store in which every call that changes something can be watched,
 * broken off or held up.
 * @module
 */
import destination from '../../../connectors/destinations/parquet/index.js';
import { fenceIn } from '../../../connectors/destinations/parquet/fence.js';
import { loadInto } from '../../../connectors/destinations/parquet/write.js';
import type { LoadRequest, LoadResult, Standing } from '../../../connectors/sdk/destination.js';
import { TestFeed, type FeedOptions } from '../../../connectors/sdk/testing/destination/feed.js';
import { row } from '../../../connectors/sdk/testing/destination/mode-checks.js';
import { DestinationSession } from '../../../connectors/sdk/testing/destination/session.js';
import { openObjectStore } from '../../../platform/objects/open.js';
import type { ObjectStore, S3Access } from '../../../platform/objects/store.js';
import { Lake, type LakeRow } from '../../support/lake.js';
import { type S3Server, startS3 } from '../../support/s3-server.js';

/** A call that changes something, before it or after it. */
export interface Moment {
  readonly call: 'putText' | 'putFile' | 'move' | 'remove';
  readonly key: string;
  readonly when: 'before' | 'after';
  /** Of all moments of the load, from 0. */
  readonly index: number;
}

export type Watch = (moment: Moment) => Promise<void> | void;

/** Thrown to end a load as if its worker had been killed. */
export class Dead extends Error {}

export const dieAt =
  (index: number): Watch =>
  (moment) => {
    if (moment.index >= index) throw new Dead();
  };

export class LakeScene implements AsyncDisposable {
  private constructor(
    readonly session: DestinationSession,
    readonly lake: Lake,
    readonly config: S3Access & { readonly root: string },
    private readonly server: S3Server | undefined,
  ) {}

  static async open(kind: 'file' | 's3'): Promise<LakeScene> {
    const server = kind === 's3' ? await startS3() : undefined;
    const bucket = await server?.bucket('lake');
    const lake = await Lake.open(bucket);
    const config = server ? { root: 's3://lake', ...server.access } : { root: lake.url };
    const rowsOf = (): Promise<readonly object[]> => Promise.resolve([]);
    const session = await DestinationSession.open({ definition: destination, goodConfig: config, schema: 'raw', rowsOf });
    return new LakeScene(session, lake, config, server);
  }

  feed(options: FeedOptions): Promise<TestFeed> {
    return TestFeed.begin(this.session, options);
  }

  /** A store as the connector opens it. */
  store(): Promise<ObjectStore> {
    return openObjectStore(this.config.root, this.config, this.session.signal);
  }

  /** Loads a slice, watched. */
  async load(request: LoadRequest, watch: Watch = () => undefined): Promise<LoadResult> {
    await using store = await this.store();
    const { config, signal } = this.session.context() as Parameters<typeof destination.load>[0];
    return await loadInto(watched(store, watch), { config, signal }, request);
  }

  /** How many moments a load has. */
  async momentsOf(load: (watch: Watch) => Promise<unknown>): Promise<readonly Moment[]> {
    const moments: Moment[] = [];
    await load((moment) => void moments.push(moment));
    return moments;
  }

  async fence(feed: TestFeed, epoch: number, watch: Watch = () => undefined): ReturnType<typeof fenceIn> {
    await using store = await this.store();
    const { connectionId, target } = feed;
    const feeds = [{ name: 'conformance', target }];
    return await fenceIn(watched(store, watch), { connectionId, epoch, run: epoch, track: 'live', feeds });
  }

  standing(connectionId: string): Promise<Standing> {
    return destination.standing(this.session.context() as Parameters<typeof destination.standing>[0], connectionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    await this.lake[Symbol.asyncDispose]();
    await this.server?.[Symbol.asyncDispose]();
  }
}

function watched(store: ObjectStore, watch: Watch): ObjectStore {
  let index = 0;
  const around = async <T>(call: Moment['call'], key: string, work: () => Promise<T>): Promise<T> => {
    await watch({ call, key, when: 'before', index: index++ });
    const result = await work();
    await watch({ call, key, when: 'after', index: index++ });
    return result;
  };
  return {
    url: store.url,
    getText: (key) => store.getText(key),
    localFile: (key, tempDir) => store.localFile(key, tempDir),
    names: (prefix) => store.names(prefix),
    list: (prefix, options) => store.list(prefix, options),
    putText: (key, text) => around('putText', key, () => store.putText(key, text)),
    putFile: (key, tempDir, write) => around('putFile', key, () => store.putFile(key, tempDir, write)),
    move: (from, to) => around('move', to, () => store.move(from, to)),
    remove: async (keys) => {
      for (const key of keys) await around('remove', key, () => store.remove([key]));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export { row };

/** The ids that rows have, sorted. */
export const idsOf = (rows: readonly LakeRow[]): readonly number[] => rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b);
