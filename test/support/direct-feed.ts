/**
 * One feed of a run without Temporal, slice by slice, as workflows/stream.ts does it, which cannot be imported outside of a
 * workflow.
 * @module
 */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  type Activities,
  type Extracted,
  type Loaded,
  NO_ROWS,
  type Place,
  type PreparedFeed,
  type RunRef,
  type StageRef,
} from '../../activities/contract.js';
import type { RunRows, StreamRecord } from '../../platform/db/store.js';
import type { SliceRef } from '../../stage/manifest.js';
import type { FeedState } from '../../workflows/messages.js';

export interface FeedOptions {
  /** Every step of a slice is done twice, as after a lost acknowledgement. */
  readonly twice?: boolean;
  /** Called at each slice edge, after the slice was loaded, or before it when `Killed` is to be thrown in between. */
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
  readonly rows: RunRows;
  readonly slices: number;
  /** Of where it started, then of what the loads did. */
  readonly notes: readonly string[];
  readonly delayed: string | undefined;
  readonly unproven: string | undefined;
  readonly place: Place;
}

export type Steps = Pick<Activities, 'prepare' | 'extract' | 'transform' | 'load'>;

const QUIET = new DefaultLogger('ERROR', () => undefined); // some tests make steps fail on purpose

/** Every step as Temporal would call it; what is prepared is prepared once, because that begins a run. */
export function callable(activities: Steps, { twice = false }: FeedOptions): Steps {
  const once =
    <Input, Output>(activity: (input: Input) => Promise<Output>) =>
    (input: Input): Promise<Output> =>
      new MockActivityEnvironment({}, { logger: QUIET }).run(activity, input);
  const step = <Input, Output>(activity: (input: Input) => Promise<Output>): ((input: Input) => Promise<Output>) => {
    const call = once(activity);
    return twice ? (input) => call(input).then(() => call(input)) : call;
  };
  const { prepare, extract, transform, load } = activities;
  return { prepare: once(prepare), extract: step(extract), transform: step(transform), load: step(load) };
}

interface Work {
  readonly run: RunRef;
  readonly plan: StageRef;
  readonly feed: PreparedFeed;
}

export class FeedWork {
  #place: Place;
  #rows = NO_ROWS;
  #slices = 0;
  #said: Pick<Extracted, 'delayed' | 'unproven'> = {};
  readonly #notes: string[];

  constructor(
    private readonly steps: Steps,
    private readonly work: Work,
    private readonly keep: (state: FeedState) => void,
  ) {
    this.#place = work.feed.place;
    this.#notes = [...work.feed.notes];
  }

  /** @returns whether it was killed on the way */
  async toTheEnd({ atEdge }: FeedOptions): Promise<boolean> {
    try {
      for (let done = false; !done;) done = await this.#slice(atEdge);
      return false;
    } catch (error) {
      if (error instanceof Killed) return true;
      throw error;
    }
  }

  async #slice(atEdge: FeedOptions['atEdge']): Promise<boolean> {
    const { run, plan, feed } = this.work;
    const extracted = await this.steps.extract({ run, plan, feed: feed.feed, place: this.#place });
    this.#said = { ...this.#said, ...extracted };
    this.#add(extracted.rows);
    if (!extracted.slice) return extracted.done;
    await atEdge?.({ slice: this.#slices + 1, loaded: false, last: extracted.done });
    const loaded = await this.#load(await this.#transformed(extracted.slice), extracted.done);
    this.#add(loaded.rows);
    this.#notes.push(...loaded.notes);
    this.#slices += 1;
    this.#moveTo(extracted, loaded.seq);
    await atEdge?.({ slice: this.#slices, loaded: true, last: extracted.done });
    return extracted.done;
  }

  async #transformed(slice: SliceRef): Promise<SliceRef> {
    const { run, plan, feed } = this.work;
    if (!feed.transforms) return slice;
    const transformed = await this.steps.transform({ run, plan, feed: feed.feed, slice });
    this.#add({ filtered: transformed.filtered });
    return transformed.slice;
  }

  #load(slice: SliceRef, last: boolean): Promise<Loaded> {
    const { run, plan, feed } = this.work;
    return this.steps.load({
      ...{ run, plan, feed: feed.feed, lineage: this.#place.lineage, seq: this.#place.seq + 1 },
      ...{ refreshing: this.#place.refreshing === true, slice, last },
      progress: { name: feed.feed, rows: NO_ROWS } as unknown as StreamRecord,
    });
  }

  #add(rows: Partial<RunRows>): void {
    const sums = Object.entries(this.#rows).map(([name, count]) => [name, count + (rows[name as keyof RunRows] ?? 0)]);
    this.#rows = Object.fromEntries(sums) as RunRows;
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
      ...{ rows: this.#rows, slices: this.#slices, notes: this.#notes, place: this.#place },
      ...{ delayed, unproven },
    };
  }
}
