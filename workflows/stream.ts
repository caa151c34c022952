/**
 * One feed of one run: extract → transform → load → checkpoint, slice by slice.
 * @module
 */
import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import {
  type Activities,
  type Extracted,
  type LoadedRejects,
  NO_ROWS,
  type Place,
  type PreparedFeed,
  type RunRef,
  type StageRef,
  type Transformed,
} from '../activities/contract.js';
import type { SliceRef } from '../stage/manifest.js';
import type { RejectsSoFar, RunError, RunRows, StreamRecord, StreamStep } from '../platform/db/store.js';
import { failureCode, runError } from './failures.js';
import type { FeedState, RunStatus } from './messages.js';
import { MAX_RELOCATIONS, POLICIES } from './policies.js';
import { NO_REJECTS, rejectsNote, withRejects } from './rejects.js';
import { extractSlice, loadSlice, transformSlice, verifyStream } from './steps.js';
import type { FeedResult, StopReason } from './sync-types.js';

const { locate } = proxyActivities<Activities>(POLICIES.locate);

export interface FeedRun {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly prepared: PreparedFeed;
  /** The slice behind the prepared place, where it was extracted with those of other feeds. */
  readonly extracted?: Extracted;
  /** Told after every step, for the Web UI. */
  readonly show: (record: StreamRecord) => void;
  /** Told after every load: only then is a cursor current (I1). */
  readonly checkpoint: (feed: string, state: FeedState) => void;
  /** Asked at every slice edge. */
  readonly stop: () => StopReason | undefined;
}

/** Runs a feed to its end. A failure is the feed's own: it is part of the result, and other feeds go on. */
export async function syncFeed(feedRun: FeedRun): Promise<FeedResult> {
  const feed = new FeedProgress(feedRun);
  try {
    await withRelocation(feed);
    await verifyLoaded(feed);
    return feed.result();
  } catch (error) {
    const cancelled = isCancellation(error);
    return feed.failed(cancelled ? 'cancelled' : 'failed', runError(error));
  }
}

/** A slice that does not follow the ledger's last one is dropped, and the feed goes on from what the ledger says (I2). */
async function withRelocation(feed: FeedProgress): Promise<void> {
  for (let attempt = 0, seq = feed.place.seq; ; attempt++) {
    try {
      return await CancellationScope.cancellable(() => runSlices(feed));
    } catch (error) {
      if (feed.place.seq > seq) [attempt, seq] = [0, feed.place.seq];
      if (failureCode(error) !== 'load.stale_position' || attempt >= MAX_RELOCATIONS) throw error;
      const { run, plan, prepared } = feed.feedRun;
      feed.moveTo(await locate({ run, plan, feed: prepared.feed, place: feed.place }));
    }
  }
}

/** The next slice is extracted and transformed while the last one loads; loads are one after another. */
async function runSlices(feed: FeedProgress): Promise<void> {
  let ahead = alreadyExtracted(feed);
  try {
    for (let place = feed.place, last = false; !last;) {
      const staging: StagingSlice = ahead ?? stage(feed, place);
      const extracted = await staging.extracted;
      feed.extracted(extracted);
      const from = place;
      place = after(place, extracted);
      last = extracted.done || feed.stops();
      ahead = last ? undefined : stage(feed, place);
      if (feed.feedRun.prepared.transforms && extracted.slice) feed.step('transform');
      const slice = await staging.transformed;
      if (slice) await load(feed, { from, extracted, slice });
    }
  } catch (error) {
    CancellationScope.current().cancel();
    throw error;
  }
}

/** A slice on its way to its load. Failures are met when they are awaited, not before. */
interface StagingSlice {
  readonly extracted: Promise<Extracted>;
  /** What will be loaded, and how many rows the transform left out; nothing when there is no slice. */
  readonly transformed: Promise<Transformed | null>;
}

/** It counts only where the feed was prepared to begin: what follows a change of place is read from there. */
function alreadyExtracted(feed: FeedProgress): StagingSlice | undefined {
  const { prepared, extracted } = feed.feedRun;
  return extracted && feed.place === prepared.place ? stage(feed, feed.place, Promise.resolve(extracted)) : undefined;
}

function stage(feed: FeedProgress, place: Place, extracted = extract(feed, place)): StagingSlice {
  const transformed = extracted.then(({ slice }) => slice && transform(feed, slice, place.seq + 1));
  for (const promise of [extracted, transformed]) promise.catch(() => undefined);
  return { extracted, transformed };
}

/** What was loaded stays, whatever the comparison finds: a difference is the stream's failure. */
async function verifyLoaded(feed: FeedProgress): Promise<void> {
  const { run, plan, prepared } = feed.feedRun;
  if (!prepared.verify || !feed.isComparable()) return;
  feed.step('verify');
  const { workspaceId, connectionId } = run;
  const of = { kind: 'run', run, plan, position: feed.place.position } as const;
  const { notes } = await verifyStream({ workspaceId, connectionId, stream: prepared.feed, method: prepared.verify, of });
  feed.note(notes);
}

const extract = (feed: FeedProgress, place: Place): Promise<Extracted> =>
  extractSlice({ run: feed.feedRun.run, plan: feed.feedRun.plan, feed: feed.feedRun.prepared.feed, place });

async function transform(feed: FeedProgress, slice: SliceRef, seq: number): Promise<Transformed> {
  const { run, plan, prepared } = feed.feedRun;
  if (!prepared.transforms) return { slice, filtered: 0 };
  return transformSlice({ run, plan, feed: prepared.feed, slice }, seq);
}

interface SliceToLoad {
  readonly from: Place;
  readonly extracted: Extracted;
  readonly slice: Transformed;
}

async function load(feed: FeedProgress, { from, extracted, slice: { slice, filtered } }: SliceToLoad): Promise<void> {
  const { run, plan, prepared } = feed.feedRun;
  feed.add({ filtered });
  feed.step('load');
  const loaded = await loadSlice({
    run,
    plan,
    feed: prepared.feed,
    lineage: from.lineage,
    seq: from.seq + 1,
    refreshing: from.refreshing === true,
    slice,
    last: extracted.done,
    progress: feed.record('running'),
  });
  feed.add(loaded.rows);
  feed.note(loaded.notes);
  if (loaded.rejects) feed.rejected(loaded.rejects);
  feed.loaded({ ...after(from, extracted), seq: loaded.seq, position: loaded.to });
}

/** The place behind a slice; one that brought nothing leaves the feed where it is. The last slice of a refresh ends it. */
function after(place: Place, extracted: Extracted): Place {
  const { boundary: _, refreshing, ...rest } = place;
  const boundary = extracted.boundary ? { boundary: extracted.boundary } : {};
  const still = refreshing && !extracted.done ? { refreshing } : {};
  return { ...rest, seq: place.seq + (extracted.slice ? 1 : 0), position: extracted.to, ...boundary, ...still };
}

class FeedProgress {
  place: Place;
  #delayed = false;
  #stopped: StopReason | undefined;
  #step: StreamStep = 'extract';
  #rows: RunRows;
  #bytes: number;
  #slices: number;
  readonly #notes: string[];
  #rejects: RejectsSoFar;
  /** Staged, not loaded; at most two, since the pipeline is that deep. */
  #staged: Extracted[] = [];

  constructor(readonly feedRun: FeedRun) {
    const { place, progress, notes } = feedRun.prepared;
    this.place = place;
    this.#rows = progress?.rows ?? NO_ROWS;
    this.#bytes = progress?.bytes ?? 0;
    this.#slices = progress?.slices ?? 0;
    this.#rejects = progress?.rejects ?? NO_REJECTS;
    const told = rejectsNote(this.#rows.rejected, this.#rejects.reasons);
    this.#notes = (progress?.notes ?? notes).filter((note) => !told.includes(note));
    this.#show();
  }

  step(step: StreamStep): void {
    this.#step = step;
    this.#show();
  }

  /** Whether the run wants the feed to end here although there is more. */
  stops(): boolean {
    this.#stopped = this.feedRun.stop();
    return this.#stopped !== undefined;
  }

  /** Whether all that the run has loaded of the stream is where readers see it. */
  isComparable(): boolean {
    const ended = this.#stopped === undefined && this.#slices > 0 && this.place.refreshing === undefined;
    return ended && (!this.#delayed || this.place.position.kind === 'cursor');
  }

  extracted(slice: Extracted): void {
    this.#bytes += slice.bytes;
    if (slice.slice) this.#staged.push(slice);
    this.add(slice.rows);
    if (slice.delayed !== undefined) {
      this.#delayed = true;
      this.note([slice.delayed]);
    }
    if (slice.unproven !== undefined) this.#noteOnce(`bound: unproven (${slice.unproven})`);
    this.#show();
  }

  add(rows: Partial<RunRows>): void {
    const sum = (key: keyof RunRows): number => this.#rows[key] + (rows[key] ?? 0);
    this.#rows = {
      extracted: sum('extracted'),
      repeated: sum('repeated'),
      filtered: sum('filtered'),
      loaded: sum('loaded'),
      rejected: sum('rejected'),
      superseded: sum('superseded'),
    };
  }

  note(notes: readonly string[]): void {
    this.#notes.push(...notes);
  }

  rejected(rejects: LoadedRejects): void {
    this.#rejects = withRejects(this.#rejects, rejects);
  }

  /** Every slice takes a bound of its own, and a run that goes on in a new history brings its notes along. */
  #noteOnce(note: string): void {
    if (!this.#notes.includes(note)) this.note([note]);
  }

  /** I1: the rows are durable, so the cursor may move. */
  loaded(place: Place): void {
    this.place = place;
    this.#staged.shift();
    this.#slices += 1;
    this.#step = 'checkpoint';
    this.feedRun.checkpoint(this.feedRun.prepared.feed, stateOf(place));
    this.#show();
  }

  moveTo(place: Place): void {
    this.place = place;
    this.#staged = [];
    this.note([`went on from the ledger at slice ${place.seq}`]);
  }

  result(): FeedResult {
    if (this.#stopped?.kind === 'history') return this.#end('running', null, this.#stopped);
    if (this.#stopped) this.note([this.#stopped.note]);
    this.#step = 'finished';
    return this.#end(this.#delayed || this.#stopped ? 'delayed' : 'succeeded', null, this.#stopped);
  }

  failed(status: 'failed' | 'cancelled', error: RunError): FeedResult {
    return this.#end(status, error);
  }

  #end(status: RunStatus, error: RunError | null, stopped?: StopReason): FeedResult {
    const record = { ...this.record(status), error };
    this.feedRun.show(record);
    return { feed: record.name, place: this.place, record, pending: this.#staged, ...(stopped ? { stopped } : {}) };
  }

  record(status: RunStatus): StreamRecord {
    return {
      name: this.feedRun.prepared.feed,
      step: this.#step,
      status,
      rows: this.#rows,
      bytes: this.#bytes,
      slices: this.#slices,
      cursor: this.place.position,
      error: null,
      notes: [...this.#notes, ...rejectsNote(this.#rows.rejected, this.#rejects.reasons)],
      ...(this.#rejects === NO_REJECTS ? {} : { rejects: this.#rejects }),
    };
  }

  #show(): void {
    this.feedRun.show(this.record('running'));
  }
}

export function stateOf({ lineage, generation, seq, position, refreshing }: Place): FeedState {
  return { lineage, generation, seq, position, ...(refreshing ? { refreshing } : {}) };
}
