/**
 * Runs without Temporal: the real activities on real servers, in the order in which the workflow calls them, for tests of what
 * is read. They may stop at every slice edge. Only the metadata is a stand-in.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  type Activities,
  type Extracted,
  NO_ROWS,
  type Place,
  type PreparedFeed,
  type RunRef,
  type StageRef,
} from '../../activities/contract.js';
import { createActivities } from '../../activities/index.js';
import type { ConnectionPlan, MetadataStore, StreamRecord } from '../../platform/db/store.js';
import { openTrustedEngine } from '../../platform/duckdb/engine.js';
import { runOptionsOf, streamsConfigSchema } from '../../schema/connection-config.js';
import { openStage } from '../../stage/store.js';
import type { FeedState } from '../../workflows/messages.js';
import { type TestDatabase, freshDatabase } from './servers.js';
import { tempHome } from './temp-home.js';

export interface DirectRuns extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly destination: TestDatabase;
  readonly stageDir: string;
  /** A connection from `source`, or from what `from` says, to `destination`. */
  connect(streams: readonly object[], from?: { readonly connector?: string; readonly config: object }): DirectConnection;
}

export interface DirectConnection {
  readonly id: string;
  /** What the connection's workflow would hold. */
  readonly feeds: Record<string, FeedState>;
  /** Another configuration from the next run on. */
  reconfigure(streams: readonly object[]): void;
  /** One run of all streams, one after another. @throws what an activity throws */
  run(options?: RunOptions): Promise<RunOutcome>;
}

export interface RunOptions {
  readonly refresh?: readonly string[];
  /** Full reads go on where the run before stopped. */
  readonly unfinished?: boolean;
  /** Called at each slice edge, after the slice was loaded, or before it when `killed` is to be thrown in between. */
  readonly atEdge?: (edge: Edge) => Promise<void> | void;
}

export interface Edge {
  readonly slice: number;
  readonly loaded: boolean;
  /** The stream has nothing more in this run. */
  readonly last: boolean;
}

/** Thrown by `atEdge`: the run ends there as if its worker had been killed. */
export class Killed extends Error {}

export interface FeedOutcome {
  readonly rows: { readonly extracted: number; readonly repeated: number; readonly loaded: number; readonly superseded: number };
  readonly slices: number;
  readonly notes: readonly string[];
  readonly delayed: string | undefined;
  readonly unproven: string | undefined;
  readonly place: Place;
}

/** Of the only stream, with those of all by name. */
export type RunOutcome = FeedOutcome & { readonly streams: Readonly<Record<string, FeedOutcome>>; readonly killed: boolean };

export async function startDirectRuns({ sliceBytes = 96_000_000 }: { readonly sliceBytes?: number } = {}): Promise<DirectRuns> {
  const [source, destination, home] = await Promise.all([freshDatabase('src'), freshDatabase('dst'), tempHome('direct')]);
  const stageDir = `${home.path}/stage`;
  const engine = await openTrustedEngine({ tempDirectory: home.path });
  const stage = openStage(pathToFileURL(stageDir).href);
  const plans = new Map<string, ConnectionPlan>();
  const activities = createActivities({ store: storeOf(plans), stage, engine, log: SILENT, sliceBytes });
  const unique = randomBytes(4).toString('hex');
  let connections = 0;
  return {
    ...{ source, destination, stageDir },
    connect: (streams, from = { config: { url: source.url } }) => {
      const id = `con_${unique}x${++connections}`; // sessions of a connection end those of its earlier runs, all over the server
      const ends = { source: { connector: 'postgres', ...from }, destination: destination.url };
      const reconfigure = (changed: readonly object[]): void => void plans.set(id, planOf(id, changed, ends));
      reconfigure(streams);
      return connection(id, activities, reconfigure);
    },
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      await Promise.all([source.drop(), destination.drop(), home[Symbol.asyncDispose]()]);
    },
  };
}

const QUIET = new DefaultLogger('ERROR', () => undefined); // some tests make steps fail on purpose
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

function planOf(
  id: string,
  streams: readonly object[],
  ends: { readonly source: { readonly connector: string; readonly config: object }; readonly destination: string },
): ConnectionPlan {
  return {
    ...runOptionsOf({}),
    ...{ id, workspaceId: 'wsp_direct', name: id, version: 1, paused: false, tripped: null },
    schedule: { type: 'manual' },
    streams: streamsConfigSchema.parse(streams),
    source: { id: 'src_direct', name: 'source', ...ends.source },
    destination: { id: 'dst_direct', name: 'destination', connector: 'postgres', config: { url: ends.destination } },
  };
}

/** Enough of the metadata for the steps of a run. */
function storeOf(plans: ReadonlyMap<string, ConnectionPlan>): MetadataStore {
  const nothing = async (): Promise<void> => undefined;
  return {
    loadConnection: async (id: string) => plans.get(id),
    ...{ recordRun: nothing, recordStreams: nothing, wasDeleted: async () => false },
  } as unknown as MetadataStore;
}

type Steps = Pick<Activities, 'prepare' | 'extract' | 'load'>;

/** Every step as Temporal would call it. */
function callable(activities: Steps): Steps {
  const call =
    <Input, Output>(activity: (input: Input) => Promise<Output>) =>
    (input: Input): Promise<Output> =>
      new MockActivityEnvironment({}, { logger: QUIET }).run(activity, input);
  return { prepare: call(activities.prepare), extract: call(activities.extract), load: call(activities.load) };
}

function connection(id: string, activities: Steps, reconfigure: (streams: readonly object[]) => void): DirectConnection {
  const steps = callable(activities);
  const feeds: Record<string, FeedState> = {};
  let number = 0;
  const run = async (options: RunOptions = {}): Promise<RunOutcome> => {
    const ref = runRef(id, ++number);
    const prepared = await steps.prepare({
      ...{ run: ref, feeds, startedAt: new Date().toISOString() },
      ...(options.refresh ? { refresh: options.refresh } : {}),
      ...(options.unfinished ? { unfinished: true } : {}),
    });
    if (prepared.outcome !== 'ready') throw new Error('the destination knows a higher epoch');
    const streams: Record<string, FeedOutcome> = {};
    let killed = false;
    for (const feed of prepared.feeds) {
      if (feed.error) throw Object.assign(new Error(feed.error.message), feed.error);
      const work = new FeedWork(steps, { run: ref, plan: prepared.plan, feed }, (state) => void (feeds[feed.feed] = state));
      killed ||= await work.toTheEnd(options);
      streams[feed.feed] = work.outcome();
    }
    const [first] = Object.values(streams);
    return { ...(first as FeedOutcome), streams, killed };
  };
  return { id, feeds, reconfigure, run };
}

const runRef = (connectionId: string, number: number): RunRef => ({
  ...{ workspaceId: 'wsp_direct', connectionId, runId: `run_${connectionId}_${number}`, number },
  ...{ epoch: number, workflowId: `sync/${connectionId}/${number}`, trigger: 'manual' },
});

class FeedWork {
  #place: Place;
  #rows = { extracted: 0, repeated: 0, loaded: 0, superseded: 0 };
  #slices = 0;
  #said: Pick<Extracted, 'delayed' | 'unproven'> = {};

  constructor(
    private readonly steps: Steps,
    private readonly work: { readonly run: RunRef; readonly plan: StageRef; readonly feed: PreparedFeed },
    private readonly keep: (state: FeedState) => void,
  ) {
    this.#place = work.feed.place;
  }

  /** @returns whether it was killed on the way */
  async toTheEnd({ atEdge }: RunOptions): Promise<boolean> {
    try {
      for (let done = false; !done;) done = await this.#slice(atEdge);
      return false;
    } catch (error) {
      if (error instanceof Killed) return true;
      throw error;
    }
  }

  async #slice(atEdge: RunOptions['atEdge']): Promise<boolean> {
    const { run, plan, feed } = this.work;
    const extracted = await this.steps.extract({ run, plan, feed: feed.feed, place: this.#place });
    this.#said = { ...this.#said, ...extracted };
    this.#rows.extracted += extracted.rows.extracted;
    this.#rows.repeated += extracted.rows.repeated;
    if (!extracted.slice) return extracted.done;
    await atEdge?.({ slice: this.#slices + 1, loaded: false, last: extracted.done });
    const loaded = await this.steps.load({
      ...{ run, plan, feed: feed.feed, lineage: this.#place.lineage, seq: this.#place.seq + 1 },
      ...{ refreshing: this.#place.refreshing === true, slice: extracted.slice, last: extracted.done },
      progress: { name: feed.feed, rows: NO_ROWS } as unknown as StreamRecord,
    });
    this.#rows.loaded += loaded.rows.loaded;
    this.#rows.superseded += loaded.rows.superseded;
    this.#slices += 1;
    this.#moveTo(extracted, loaded.seq);
    await atEdge?.({ slice: this.#slices, loaded: true, last: extracted.done });
    return extracted.done;
  }

  #moveTo({ to: position, boundary, done }: Extracted, seq: number): void {
    const { boundary: _, refreshing, ...rest } = this.#place;
    const still = refreshing && !done ? { refreshing } : {};
    const { lineage, generation } = rest;
    this.#place = { ...rest, seq, position, ...(boundary ? { boundary } : {}), ...still };
    this.keep({ lineage, generation, seq, position, ...still });
  }

  outcome(): FeedOutcome {
    const { delayed, unproven } = this.#said;
    return {
      ...{ rows: this.#rows, slices: this.#slices, notes: this.work.feed.notes, place: this.#place },
      ...{ delayed, unproven },
    };
  }
}
