/**
 * The steps of a run as a plain script calls them: the same functions, two slices deep, without Temporal, REST and metadata.
 * @module
 */
import { MockActivityEnvironment } from '@temporalio/testing';
import { type Extracted, NO_ROWS, type Place, type PreparedFeed, type RunRef, type StageRef } from '../../activities/contract.js';
import type { DataActivities } from '../../activities/index.js';
import type { StreamRecord } from '../../platform/db/store.js';

/** An activity finds its signal and its heartbeat where Temporal would have put them. */
const called = <Input, Output>(activity: (input: Input) => Promise<Output>, input: Input): Promise<Output> =>
  new MockActivityEnvironment().run(activity, input);

interface Work {
  readonly activities: DataActivities;
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: PreparedFeed;
}

/** One full run of a connection of one stream. @returns the number of slices */
export async function runOnce(activities: DataActivities, run: RunRef): Promise<number> {
  const startedAt = new Date().toISOString();
  const prepared = await called(activities.prepare, { run, feeds: {}, startedAt });
  const feed = prepared.outcome === 'ready' ? prepared.feeds[0] : undefined;
  if (prepared.outcome !== 'ready' || !feed || feed.error) throw new Error(JSON.stringify(prepared));
  const { plan } = prepared;
  const slices = await runSlices({ activities, run, plan, feed });
  const outcome = { run, status: 'succeeded', startedAt, error: null, streams: [], pending: {}, clean: true, plan } as const;
  await called(activities.finish, outcome);
  return slices;
}

/** The next slice is extracted while the last one loads. */
async function runSlices(work: Work): Promise<number> {
  let ahead: Promise<Extracted> | undefined;
  let slices = 0;
  for (let place = work.feed.place, last = false; !last;) {
    const extracted = await (ahead ?? extract(work, place));
    const from = place;
    place = after(place, extracted);
    last = extracted.done;
    ahead = last ? undefined : extract(work, place);
    ahead?.catch(() => undefined); // it is met when it is awaited
    slices += await load(work, from, extracted);
  }
  return slices;
}

const extract = ({ activities, run, plan, feed }: Work, place: Place): Promise<Extracted> =>
  called(activities.extract, { run, plan, feed: feed.feed, place });

async function load({ activities, run, plan, feed }: Work, from: Place, { slice, done }: Extracted): Promise<0 | 1> {
  if (!slice) return 0;
  await called(activities.load, {
    ...{ run, plan, feed: feed.feed, lineage: from.lineage, seq: from.seq + 1, slice, last: done },
    refreshing: from.refreshing === true,
    progress: { name: feed.feed, rows: NO_ROWS } as unknown as StreamRecord, // nobody watches
  });
  return 1;
}

function after(place: Place, { slice, to: position, done }: Extracted): Place {
  const { boundary: _, refreshing, ...rest } = place;
  return { ...rest, position, seq: place.seq + (slice ? 1 : 0), ...(refreshing && !done ? { refreshing } : {}) };
}
