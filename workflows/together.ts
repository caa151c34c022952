/**
 * Streams that begin in one step: most runs of a connection with many streams find next to nothing to read.
 * @module
 */
import type { Extracted, PreparedFeed, RunRef } from '../activities/contract.js';
import { extractFirstSlices } from './steps.js';
import type { ReadyRun } from './sync-types.js';

type Group = readonly PreparedFeed[];
type Slices = ReadonlyMap<string, Extracted>;

interface TogetherRun {
  readonly run: RunRef;
  readonly ready: ReadyRun;
  /** How many streams may be read beside those that are under way. */
  readonly free: () => number;
}

/** First slices that are extracted for a group of feeds, as soon as one of them is asked for. */
export class FirstSlices {
  readonly #groups = new Map<string, Group>();
  readonly #extracted = new Map<Group, Promise<Slices>>();

  constructor(
    private readonly together: TogetherRun,
    size: number,
  ) {
    const able = together.ready.feeds.filter(({ error }) => !error);
    for (let at = 0; at < able.length; at += size) {
      const group = able.slice(at, at + size);
      for (const { feed } of group) this.#groups.set(feed, group);
    }
  }

  /** Undefined where the feed has to begin by itself, for whatever reason. */
  async of(feed: string): Promise<Extracted | undefined> {
    const group = this.#groups.get(feed);
    if (!group) return undefined;
    const extracted = this.#extracted.get(group) ?? this.#extract(group);
    this.#extracted.set(group, extracted);
    return (await extracted).get(feed);
  }

  async #extract(group: Group): Promise<Slices> {
    const { run, ready, free } = this.together;
    const feeds = group.map(({ feed, place }) => ({ feed, place }));
    const input = { run, plan: ready.plan, feeds, parallel: free() };
    const extracted = await extractFirstSlices(input).catch(() => []);
    return new Map(feeds.flatMap(({ feed }, index) => (extracted[index] ? [[feed, extracted[index]]] : [])));
  }
}

export function firstSlicesOf(together: TogetherRun): FirstSlices | undefined {
  const size = together.ready.limits.together;
  return size === undefined ? undefined : new FirstSlices(together, size);
}
