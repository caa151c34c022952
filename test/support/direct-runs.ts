/**
 * Runs without Temporal: the real activities on real servers, in the order in which the workflow calls them, for tests of what
 * is read and written. They may stop at every slice edge, and do each step twice. Only the metadata is a stand-in.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { RunRef } from '../../activities/contract.js';
import { createActivities } from '../../activities/index.js';
import type { ConnectionPlan, MetadataStore } from '../../platform/db/store.js';
import { SecretProviders } from '../../platform/secrets/providers.js';
import type { SchemaVersion } from '../../platform/db/stream-schemas.js';
import { openTrustedEngine } from '../../platform/duckdb/engine.js';
import { runOptionsOf, streamsConfigSchema } from '../../schema/connection-config.js';
import { openStage } from '../../stage/store.js';
import type { FeedState } from '../../workflows/messages.js';
import { type FeedOptions, type FeedOutcome, FeedWork, type Steps, callable } from './direct-feed.js';
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

export interface RunOptions extends FeedOptions {
  readonly refresh?: readonly string[];
  /** Full reads go on where the run before stopped. */
  readonly unfinished?: boolean;
  /** What a run that is killed has told the connection is lost with it, so that only the ledger knows. */
  readonly forgets?: boolean;
}

export { type Edge, type FeedOutcome, Killed } from './direct-feed.js';

/** Of the only stream, with those of all by name. */
export type RunOutcome = FeedOutcome & {
  readonly streams: Readonly<Record<string, FeedOutcome>>;
  readonly killed: boolean;
  readonly number: number;
};

export async function startDirectRuns({ sliceBytes = 96_000_000 }: { readonly sliceBytes?: number } = {}): Promise<DirectRuns> {
  const [source, destination, home] = await Promise.all([freshDatabase('src'), freshDatabase('dst'), tempHome('direct')]);
  const stageDir = `${home.path}/stage`;
  const engine = await openTrustedEngine({ tempDirectory: home.path });
  const stage = openStage(pathToFileURL(stageDir).href);
  const plans = new Map<string, ConnectionPlan>();
  const activities = createActivities({
    store: storeOf(plans),
    stage,
    engine,
    log: SILENT,
    sliceBytes,
    secrets: new SecretProviders([]),
  });
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
  const schemas = new Map<string, SchemaVersion[]>();
  const versions = (id: string): SchemaVersion[] => schemas.get(id) ?? [];
  return {
    loadConnection: async (id: string) => plans.get(id),
    loadEnds: async (id: string) => plans.get(id),
    ...{ recordRun: nothing, recordStreams: nothing, log: () => undefined, flushLogs: nothing, wasDeleted: async () => false },
    schemaVersions: async (id: string) => versions(id),
    recordSchema: async (id: string, version: Omit<SchemaVersion, 'seenAt'>) =>
      void schemas.set(id, [...versions(id), { ...version, seenAt: '' }]),
  } as unknown as MetadataStore;
}

function connection(id: string, activities: Steps, reconfigure: (streams: readonly object[]) => void): DirectConnection {
  const feeds: Record<string, FeedState> = {};
  let number = 0;
  const run = async (options: RunOptions = {}): Promise<RunOutcome> => {
    const steps = callable(activities, options);
    const before = { ...feeds };
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
    if (killed && options.forgets) restore(feeds, before);
    const [first] = Object.values(streams);
    return { ...(first as FeedOutcome), streams, killed, number };
  };
  return { id, feeds, reconfigure, run };
}

function restore(feeds: Record<string, FeedState>, before: Readonly<Record<string, FeedState>>): void {
  for (const name of Object.keys(feeds)) delete feeds[name];
  Object.assign(feeds, before);
}

const runRef = (connectionId: string, number: number): RunRef => ({
  ...{ workspaceId: 'wsp_direct', connectionId, runId: `run_${connectionId}_${number}`, number },
  ...{ epoch: number, workflowId: `sync/${connectionId}/${number}`, trigger: 'manual' },
});
