import { type CompactFeed, STATE_VERSION, migrateState, packFeed, unpackFeed } from '../checkpoint/state.js';
import { NEVER_READ } from '../checkpoint/never-read.js';
import type { ActiveRun, ConnectionInput, ConnectionView, FeedState, RunStatus, SyncAccepted, SyncRequest } from './messages.js';

/** A run that was asked for and has not begun. */
export interface QueuedRun {
  readonly runId: string;
  readonly number: number;
  readonly request: SyncRequest;
  /** Ticks that wait for its end. */
  readonly replyTo: readonly string[];
}

/** Everything that a connection remembers between runs. */
export interface ConnectionState {
  readonly v: typeof STATE_VERSION;
  readonly epoch: number;
  readonly lastNumber: number;
  readonly paused: boolean;
  readonly pauseNote: string | null;
  readonly queue: readonly QueuedRun[];
  readonly feeds: Readonly<Record<string, CompactFeed>>;
  readonly lastRun: { readonly number: number; readonly status: RunStatus } | null;
  /** Answers by update id, newest last: a repeated request gets the answer of the first, also after continue-as-new. */
  readonly answers: readonly (readonly [string, SyncAccepted])[];
}

export const MAX_QUEUED = 10;
const MAX_ANSWERS = 100;

export function initialState(input: ConnectionInput): ConnectionState {
  return migrateState<ConnectionState>(input.state, {
    v: STATE_VERSION,
    epoch: 0,
    lastNumber: input.lastNumber ?? 0,
    paused: false,
    pauseNote: null,
    queue: [],
    feeds: {},
    lastRun: null,
    answers: [],
  });
}

export function feedsOf(state: ConnectionState): Record<string, FeedState> {
  return Object.fromEntries(Object.entries(state.feeds).map(([name, packed]) => [name, unpackFeed(packed)]));
}

/**
 * Takes over where feeds stand, after their rows are durable (I1). Within a lineage only a later `seq` counts, so that a
 * late message never moves a cursor back (I3).
 */
export function withCheckpoint(state: ConnectionState, feeds: Readonly<Record<string, FeedState>>): ConnectionState {
  const newer = Object.entries(feeds).filter(([name, next]) => isNewer(state.feeds[name], next));
  return { ...state, feeds: { ...state.feeds, ...Object.fromEntries(newer.map(([name, next]) => [name, packFeed(next)])) } };
}

function isNewer(held: CompactFeed | undefined, next: FeedState): boolean {
  if (!held) return true;
  const [lineage, , seq] = held;
  return next.lineage > lineage || (next.lineage === lineage && next.seq >= seq);
}

/** An explicit change of position: a new lineage, so that no older ledger row can undo it. */
export function withPosition(state: ConnectionState, feed: string, position: FeedState['position']): ConnectionState {
  const packed = state.feeds[feed];
  const held = packed ? unpackFeed(packed) : { ...NEVER_READ, lineage: 0 };
  const next: FeedState = { lineage: held.lineage + 1, generation: held.generation, seq: 0, position };
  return { ...state, feeds: { ...state.feeds, [feed]: packFeed(next) } };
}

/** A queued run that wants exactly the same streams; a second request joins it. */
export function joinable(state: ConnectionState, request: SyncRequest): QueuedRun | undefined {
  return state.queue.find((queued) => JSON.stringify(queued.request.streams ?? null) === JSON.stringify(request.streams ?? null));
}

export function withReply(queued: QueuedRun, replyTo: string | undefined): QueuedRun {
  return replyTo === undefined ? queued : { ...queued, replyTo: [...queued.replyTo, replyTo] };
}

export function withAnswer(state: ConnectionState, updateId: string | undefined, answer: SyncAccepted): ConnectionState {
  return updateId === undefined
    ? state
    : { ...state, answers: [...state.answers, [updateId, answer] as const].slice(-MAX_ANSWERS) };
}

export function viewOf(state: ConnectionState, active: ActiveRun | null, workflowId: (number: number) => string): ConnectionView {
  const queued = state.queue.map(({ runId, number, request }) => ({
    runId,
    number,
    workflowId: workflowId(number),
    trigger: request.trigger,
  }));
  const { paused, pauseNote, epoch, lastRun } = state;
  return { paused, pauseNote, epoch, lastRun, active, queued, feeds: feedsOf(state) };
}
