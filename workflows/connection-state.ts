import { type CompactFeed, STATE_VERSION, migrateState, packFeed, unpackFeed } from '../checkpoint/state.js';
import { NEVER_READ } from '../checkpoint/never-read.js';
import { START, canonicalJson } from '../checkpoint/position.js';
import type {
  ActiveRun,
  ConnectionInput,
  ConnectionView,
  FeedState,
  NewPlace,
  RunStatus,
  StateChange,
  SyncAccepted,
  SyncRequest,
} from './messages.js';

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
  /** Counts explicit changes of position. */
  readonly revision: number;
  readonly paused: boolean;
  readonly pauseNote: string | null;
  readonly queue: readonly QueuedRun[];
  readonly feeds: Readonly<Record<string, CompactFeed>>;
  readonly lastRun: LastRun | null;
  /** Runs that failed since the last one that did not. */
  readonly failures: number;
  /** Why the schedule has paused itself. */
  readonly tripped: string | null;
  /** Answers by update id, newest last: a repeated request gets the answer of the first, also after continue-as-new. */
  readonly answers: readonly (readonly [string, SyncAccepted])[];
}

export interface LastRun {
  readonly number: number;
  readonly status: RunStatus;
  /** It stopped at one of its limits: the next run goes on from there. */
  readonly unfinished?: true;
}

export const MAX_QUEUED = 10;
const MAX_ANSWERS = 100;
/** Temporal refuses payloads of 2 MB; names and cursors of two thousand streams take half of this. */
export const MAX_STATE_CHARS = 1_000_000;
/** From here on people are told. */
export const LARGE_STATE_CHARS = 256_000;

export function initialState(input: ConnectionInput): ConnectionState {
  return migrateState<ConnectionState>(input.state, {
    v: STATE_VERSION,
    epoch: 0,
    lastNumber: input.lastNumber ?? 0,
    revision: 0,
    paused: false,
    pauseNote: null,
    queue: [],
    feeds: {},
    lastRun: null,
    failures: 0,
    tripped: null,
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
  const [lineage, , seq] = held[0];
  return next.lineage > lineage || (next.lineage === lineage && next.seq >= seq);
}

/** What feeds come to by an explicit change: a new lineage, so that no older ledger row can undo it. */
export function moved(
  state: ConnectionState,
  feeds: Readonly<Record<string, NewPlace>>,
  change: Pick<StateChange, 'kind' | 'by'>,
): StateChange {
  const places = Object.entries(feeds).map(([name, place]) => {
    const before = heldFeed(state, name);
    return [name, { before, after: movedFeed(before ?? { ...NEVER_READ, lineage: 0 }, place) }] as const;
  });
  return { ...change, revision: state.revision + 1, feeds: Object.fromEntries(places) };
}

function heldFeed(state: ConnectionState, name: string): FeedState | null {
  const packed = state.feeds[name];
  return packed ? unpackFeed(packed) : null;
}

function movedFeed(held: FeedState, { position, refreshing }: NewPlace): FeedState {
  const { lineage, generation } = held;
  if (!refreshing) return { lineage: lineage + 1, generation, seq: 0, position };
  return { lineage: lineage + 1, generation: generation + 1, seq: 0, position, refreshing };
}

export function withChange(state: ConnectionState, change: StateChange): ConnectionState {
  const after = Object.entries(change.feeds).map(([name, place]) => [name, packFeed(place.after)] as const);
  return { ...state, revision: change.revision, feeds: { ...state.feeds, ...Object.fromEntries(after) } };
}

/** The place of a feed that is read anew; with `refreshing` what it had loaded is replaced. */
export const ANEW: NewPlace = { position: START };
export const REFRESHED: NewPlace = { position: START, refreshing: true };

/** Why a state is too large to be kept, or undefined. */
export function tooLarge(state: ConnectionState): string | undefined {
  const { length } = JSON.stringify(state);
  return length > MAX_STATE_CHARS ? `The state would have ${length} characters, the limit is ${MAX_STATE_CHARS}.` : undefined;
}

/** A queued run that wants exactly the same; a second request joins it. */
export function joinable(state: ConnectionState, request: SyncRequest): QueuedRun | undefined {
  return state.queue.find((queued) => wish(queued.request) === wish(request));
}

const wish = ({ streams, refresh, purpose }: SyncRequest): string => canonicalJson({ streams, refresh, purpose });

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
  const { paused, pauseNote, tripped, epoch, revision, lastRun } = state;
  return { paused, pauseNote, tripped, epoch, revision, lastRun, active, queued, feeds: feedsOf(state) };
}
