/**
 * Which faults come when, and whom they hit: plain data that follows from the seed alone, so that a run which failed can be
 * repeated.
 * @module
 */
import { type Random, seededRandom } from './random.js';

export const DATABASES = ['source', 'destination', 'metadata'] as const;
export const LINKS = [...DATABASES, 'temporal'] as const;
export type Database = (typeof DATABASES)[number];
export type Link = (typeof LINKS)[number];

/** Workers and connections are numbered from 0. */
export type Harm =
  | { readonly kind: 'kill_worker' | 'drain_worker'; readonly worker: number; readonly downMs: number }
  | { readonly kind: 'freeze_worker'; readonly worker: number; readonly forMs: number }
  | { readonly kind: 'kill_api' | 'kill_temporal'; readonly downMs: number }
  | { readonly kind: 'end_sessions'; readonly database: Database }
  | { readonly kind: 'cut'; readonly link: Link; readonly forMs: number }
  | { readonly kind: 'delay'; readonly link: Link; readonly byMs: number; readonly forMs: number }
  | { readonly kind: 'disk_full'; readonly forMs: number }
  | { readonly kind: 'same_key' | 'many_requests'; readonly connection: number; readonly times: number }
  | { readonly kind: 'pause'; readonly connection: number; readonly forMs: number }
  | { readonly kind: 'cancel'; readonly connection: number; readonly afterMs: number };

export type FaultKind = Harm['kind'];
/** `atMs` counts from the moment when everything runs. */
export type Fault = Harm & { readonly atMs: number };

export interface PlanOptions {
  readonly seed: number;
  readonly workers: number;
  readonly connections: number;
  /** How often each kind is in the deck that faults are drawn from. */
  readonly deck: Readonly<Record<FaultKind, number>>;
  /** Longest time between two faults; the shortest is a quarter of it. */
  readonly longestGapMs: number;
  /** The plan ends with whichever comes first. */
  readonly faults: number;
  readonly lastsMs?: number;
}

/** A worker that is frozen costs its runs up to a minute: Temporal hands it work that it cannot refuse. */
export const LONG_DECK: PlanOptions['deck'] = {
  kill_worker: 5,
  drain_worker: 2,
  freeze_worker: 1,
  kill_api: 2,
  kill_temporal: 2,
  end_sessions: 5,
  cut: 5,
  delay: 3,
  disk_full: 2,
  same_key: 2,
  many_requests: 2,
  pause: 2,
  cancel: 4,
};

/** Each kind but the slowest once, in some order. */
export const SHORT_DECK: PlanOptions['deck'] = {
  kill_worker: 1,
  drain_worker: 1,
  freeze_worker: 0,
  kill_api: 1,
  kill_temporal: 1,
  end_sessions: 1,
  cut: 1,
  delay: 1,
  disk_full: 1,
  same_key: 1,
  many_requests: 1,
  pause: 1,
  cancel: 1,
};

/** Longer than the heartbeat timeout of every step, so that a frozen worker has lost its place when it wakes up. */
const SHORTEST_FREEZE_MS = 11_000;

/** The same seed gives the same faults; a plan of fewer faults is the beginning of one of more. */
export function planFaults(options: PlanOptions): readonly Fault[] {
  const { seed, faults, longestGapMs, lastsMs = Infinity } = options;
  const random = seededRandom(seed);
  const kinds = drawFrom(options.deck, random);
  const plan: Fault[] = [];
  for (let atMs = 0; plan.length < faults;) {
    atMs += random.between(Math.floor(longestGapMs / 4), longestGapMs);
    if (atMs > lastsMs) break;
    plan.push({ atMs, ...harm(kinds(), options, random) });
  }
  return plan;
}

/** Every kind comes before any comes too often: a deck is used up before it is shuffled again. */
function drawFrom(deck: PlanOptions['deck'], random: Random): () => FaultKind {
  const cards = Object.entries(deck).flatMap(([kind, count]) => Array.from({ length: count }, () => kind as FaultKind));
  let left: FaultKind[] = [];
  return () => {
    if (left.length === 0) left = random.shuffled(cards);
    return left.pop()!;
  };
}

function harm(kind: FaultKind, { workers, connections }: PlanOptions, random: Random): Harm {
  const worker = random.between(0, workers - 1);
  const connection = random.between(0, connections - 1);
  const shortMs = random.between(0, 3_000);
  switch (kind) {
    case 'kill_worker':
    case 'drain_worker':
      return { kind, worker, downMs: shortMs };
    case 'freeze_worker':
      return { kind, worker, forMs: SHORTEST_FREEZE_MS + shortMs };
    case 'kill_api':
    case 'kill_temporal':
      return { kind, downMs: shortMs };
    case 'end_sessions':
      return { kind, database: random.pick(DATABASES) };
    case 'cut':
      return { kind, link: random.pick(LINKS), forMs: shortMs };
    case 'delay':
      return { kind, link: random.pick(LINKS), byMs: random.between(20, 300), forMs: 2_000 + shortMs };
    case 'disk_full':
      return { kind, forMs: 1_000 + shortMs };
    case 'same_key':
    case 'many_requests':
      return { kind, connection, times: random.between(3, 8) };
    case 'pause':
      return { kind, connection, forMs: 500 + shortMs };
    case 'cancel':
      return { kind, connection, afterMs: random.between(0, 1_500) };
  }
}

/** For people: `cut, link source, for 1200 ms`. */
export function describeFault({ kind, ...details }: Fault): string {
  const told = Object.entries(details).filter(([name]) => name !== 'atMs');
  const parts = told.map(([name, value]) => (name.endsWith('Ms') ? `${name.slice(0, -2)} ${value} ms` : `${name} ${value}`));
  return [kind.replaceAll('_', ' '), ...parts].join(', ');
}
