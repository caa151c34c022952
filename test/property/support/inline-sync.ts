/**
 * The steps of a run without Temporal in between: the real activities on real servers, called in the order in which the
 * workflows call them, so that thousands of runs can be tried. Repeats and crashes are asked for by the caller.
 * @module
 */
import { pathToFileURL } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  type Extracted,
  type LoadInput,
  NO_ROWS,
  type Place,
  type PreparedFeed,
  type RunRef,
  type StageRef,
} from '../../../activities/contract.js';
import { createActivities } from '../../../activities/index.js';
import type { ConnectionPlan, MetadataStore } from '../../../platform/db/store.js';
import type { SchemaVersion } from '../../../platform/db/stream-schemas.js';
import { openTrustedEngine } from '../../../platform/duckdb/engine.js';
import { runOptionsOf, streamsConfigSchema } from '../../../schema/connection-config.js';
import { openStage } from '../../../stage/store.js';
import type { FeedState } from '../../../workflows/messages.js';
import { tempHome } from '../../support/temp-home.js';

export interface Ends {
  readonly source: string;
  readonly destination: string;
}

/** What goes wrong in a run. */
export interface Faults {
  /** Every step is done twice, as after a lost acknowledgement. */
  readonly twice?: boolean;
  /** The run dies after so many loads, and what it has told the connection is lost with it. */
  readonly diesAfter?: number;
}

export interface InlineRun {
  readonly number: number;
  /** Whether the stream was read to the end of what could be read. */
  readonly ended: boolean;
  readonly delayed: boolean;
}

export interface InlineSync {
  run(faults?: Faults): Promise<InlineRun>;
}

/** A worker's parts, for many connections of one stream each. */
export interface InlineWorker extends AsyncDisposable {
  connect(connectionId: string, stream: object, ends: Ends): InlineSync;
}

export async function inlineWorker(sliceBytes: number): Promise<InlineWorker> {
  const home = await tempHome('property');
  const engine = await openTrustedEngine({ tempDirectory: home.path });
  const stage = openStage(pathToFileURL(`${home.path}/stage`).href);
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  return {
    connect: (connectionId, stream, ends) => {
      const store = storeOf(connectionId, stream, ends);
      return syncOf(createActivities({ store, stage, engine, log, sliceBytes }), connectionId);
    },
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

type Steps = ReturnType<typeof createActivities>;

function syncOf(steps: Steps, connectionId: string): InlineSync {
  let number = 0;
  let feeds: Readonly<Record<string, FeedState>> = {};
  return {
    run: async (faults = {}) => {
      number++;
      const run: RunRef = {
        ...{ workspaceId: 'wsp_property', connectionId, runId: `run_${number}`, number, epoch: number },
        ...{ workflowId: `sync/${connectionId}/${number}`, trigger: 'api' as const },
      };
      const prepared = await inActivity(steps.prepare)({ run, feeds, startedAt: new Date().toISOString() });
      if (prepared.outcome !== 'ready') throw new Error('the destination is ahead of its only writer');
      const [feed] = prepared.feeds;
      if (!feed || feed.error) throw new Error(JSON.stringify(feed?.error));
      const { place, ...result } = await readToEnd(steps, { run, plan: prepared.plan, faults, feed });
      if (result.ended) feeds = { [feed.feed]: stateOf(place) };
      return { number, ...result };
    },
  };
}

interface FeedRun {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: PreparedFeed;
  readonly faults: Faults;
}

async function readToEnd(steps: Steps, feedRun: FeedRun): Promise<{ place: Place; ended: boolean; delayed: boolean }> {
  const { run, plan, feed, faults } = feedRun;
  const extract = inActivity(steps.extract);
  let { place } = feed;
  let delayed = false;
  for (let loads = 0, done = false; !done;) {
    if (loads === faults.diesAfter) return { place, ended: false, delayed };
    if (faults.twice) await extract({ run, plan, feed: feed.feed, place });
    const extracted = await extract({ run, plan, feed: feed.feed, place });
    delayed ||= extracted.delayed !== undefined;
    place = extracted.slice
      ? await transformAndLoad(steps, feedRun, { place, extracted, slice: extracted.slice })
      : after(place, extracted);
    loads += extracted.slice ? 1 : 0;
    ({ done } = extracted);
  }
  return { place, ended: true, delayed };
}

interface Step {
  readonly place: Place;
  readonly extracted: Extracted;
  readonly slice: NonNullable<Extracted['slice']>;
}

async function transformAndLoad(
  steps: Steps,
  { run, plan, feed, faults }: FeedRun,
  { place, extracted, slice }: Step,
): Promise<Place> {
  const staged = feed.transforms ? (await inActivity(steps.transform)({ run, plan, feed: feed.feed, slice })).slice : slice;
  const input: LoadInput = {
    ...{ run, plan, feed: feed.feed, lineage: place.lineage, seq: place.seq + 1, refreshing: place.refreshing === true },
    slice: staged,
    last: extracted.done,
    progress: { ...NOT_WATCHED, name: feed.feed },
  };
  const load = inActivity(steps.load);
  if (faults.twice) await load(input);
  const loaded = await load(input);
  return { ...after(place, extracted), seq: loaded.seq, position: loaded.to };
}

const NOT_WATCHED = {
  step: 'load',
  status: 'running',
  rows: NO_ROWS,
  bytes: 0,
  slices: 0,
  cursor: null,
  error: null,
  notes: [],
} as const;

/** As workflows/stream.ts, which cannot be imported outside of a workflow. */
function after(place: Place, extracted: Extracted): Place {
  const { lineage, generation, seq, refreshing } = place;
  const boundary = extracted.boundary ? { boundary: extracted.boundary } : {};
  const still = refreshing && !extracted.done ? { refreshing } : {};
  return { lineage, generation, seq: seq + (extracted.slice ? 1 : 0), position: extracted.to, ...boundary, ...still };
}

function stateOf({ lineage, generation, seq, position, refreshing }: Place): FeedState {
  return { lineage, generation, seq, position, ...(refreshing ? { refreshing } : {}) };
}

function inActivity<Input, Output>(step: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
  return (input) => new MockActivityEnvironment().run(step, input);
}

/** Metadata of one connection in memory: it decides nothing but the policy of schema changes. */
function storeOf(connectionId: string, stream: object, ends: Ends): MetadataStore {
  const connector = (id: string, url: string) => ({ id, name: id, connector: 'postgres', config: { url } });
  const plan: ConnectionPlan = {
    ...{ id: connectionId, workspaceId: 'wsp_property', name: 'property', version: 1, paused: false, tripped: null },
    ...runOptionsOf({}),
    schedule: { type: 'manual' },
    streams: streamsConfigSchema.parse([stream]),
    source: connector('src_property', ends.source),
    destination: connector('dst_property', ends.destination),
  };
  const schemas: SchemaVersion[] = [];
  const used: Partial<MetadataStore> = {
    loadConnection: async () => plan,
    recordRun: async () => undefined,
    recordStreams: async () => undefined,
    wasDeleted: async () => false,
    schemaVersions: async () => schemas,
    recordSchema: async (_, version) => void schemas.push({ ...version, seenAt: '' }),
  };
  return used as MetadataStore;
}
