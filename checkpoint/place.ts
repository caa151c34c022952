import type { LedgerPosition, LoadedAs } from '../connectors/sdk/destination.js';
import { MillraceError } from '../platform/errors/error.js';
import type { StreamConfig } from '../schema/connection-config.js';
import type { FeedState } from '../workflows/messages.js';
import { changeOfLoading } from './loaded-as.js';
import { NEVER_READ } from './never-read.js';
import { type BoundarySet, type Position, START } from './position.js';

/** What is known of a feed when a run begins. */
export interface KnownPlace {
  /** What the connection's workflow remembers. */
  readonly state: FeedState | undefined;
  /** What the destination's ledger says: the truth of what was loaded. */
  readonly ledger: LedgerPosition | undefined;
  readonly targetMissing: boolean;
  /** How the target's rows were loaded, where the destination knows it. */
  readonly loadedAs?: LoadedAs | undefined;
  /** What had been taken at a cursor that was set by hand. */
  readonly boundaryAtState?: BoundarySet | undefined;
}

export interface FeedRule {
  readonly name: string;
  /** How this run loads rows. */
  readonly loadedAs: LoadedAs;
  /** Every run reads all of it. */
  readonly whole: boolean;
  /** The run was asked to read the feed anew and to replace what it had loaded. */
  readonly refresh: boolean;
  /** A full read that did not end goes on instead of beginning again. */
  readonly goOn: boolean;
  readonly onDestinationBehind: StreamConfig['onDestinationBehind'];
  readonly onTargetMissing: StreamConfig['onTargetMissing'];
}

/** Where a feed starts in this run. */
export interface FoundPlace extends FeedState {
  readonly boundary?: BoundarySet;
  readonly notes: readonly string[];
}

/**
 * Where a feed goes on. Within a lineage the ledger wins over the state of the workflow, whichever is ahead; a state of a
 * higher lineage is an explicit change of position, which no older ledger row can undo (I3).
 * @throws MillraceError `load.target_missing`, `load.destination_behind` where going on would lose rows
 */
export function findPlace(feed: FeedRule, known: KnownPlace): FoundPlace {
  const changed = known.loadedAs && !known.targetMissing ? changeOfLoading(known.loadedAs, feed.loadedAs) : undefined;
  if (feed.whole) return fullRead(feed, known, changed);
  if (feed.refresh) return refreshed(known, 'refreshed');
  const { ledger } = known;
  if (changed !== undefined && !ledger?.shadow) return refreshed(known, changed);
  const state = known.state ?? NEVER_READ;
  return ledger && ledger.lineage >= state.lineage ? byLedger(feed, known, ledger) : byState(feed, known, state);
}

/** A full read begins anew in a lineage of its own, unless an unfinished one may go on in its shadow. */
function fullRead(feed: FeedRule, known: KnownPlace, changed: string | undefined): FoundPlace {
  const { ledger, state } = known;
  const generation = (state ?? NEVER_READ).generation + (state ? 1 : 0);
  const replaces = feed.refresh || changed !== undefined || state?.refreshing === true;
  const refreshing = replaces ? { refreshing: true as const } : {};
  if (!feed.goOn || !ledger?.shadow || ledger.position.kind !== 'scan') {
    const notes = changed === undefined ? [] : [`${changed}: what was loaded is replaced`];
    return { lineage: highestLineage(known) + 1, generation, seq: 0, position: START, ...refreshing, notes };
  }
  const { lineage, seq, position } = ledger;
  return {
    lineage,
    generation: state?.generation ?? generation,
    seq,
    position,
    ...refreshing,
    notes: [`went on with slice ${seq + 1}`],
  };
}

function refreshed(known: KnownPlace, why: string): FoundPlace {
  const generation = (known.state ?? NEVER_READ).generation + 1;
  const lineage = highestLineage(known) + 1;
  return { lineage, generation, seq: 0, position: START, refreshing: true, notes: [`${why}: read from the start`] };
}

function byLedger(feed: FeedRule, known: KnownPlace, ledger: LedgerPosition): FoundPlace {
  if (ofFullRead(ledger)) return refreshed(known, 'it was read as a whole');
  if (known.targetMissing && !ledger.shadow) return targetGone(feed, known);
  const state = known.state ?? NEVER_READ;
  const { generation } = state;
  const { lineage, seq, position, boundary } = ledger;
  const place = {
    generation,
    position,
    ...(boundary ? { boundary } : {}),
    ...(ledger.shadow ? { refreshing: true as const } : {}),
  };
  if (lineage === state.lineage && state.seq > seq) {
    // its chain begins anew, so that what the state remembers of the lost slices can never count again
    return { ...place, lineage: lineage + 1, seq: 0, notes: [behind(feed, `slice ${seq} instead of ${state.seq}`)] };
  }
  const ahead = lineage > state.lineage || seq > state.seq;
  return { ...place, lineage, seq, notes: ahead && known.state ? [`the ledger was ahead: went on from slice ${seq}`] : [] };
}

/** A full read says nothing of a cursor. */
function ofFullRead({ position, shadow }: LedgerPosition): boolean {
  return position.kind === 'end' || (shadow && position.kind === 'scan' && !position.scan.upper);
}

function byState(feed: FeedRule, known: KnownPlace, state: FeedState): FoundPlace {
  if (state.seq > 0) {
    if (known.targetMissing) return targetGone(feed, known);
    throw new MillraceError('load.destination_behind', {
      detail: `The destination knows nothing of the ${state.seq} slices that ${feed.name} has loaded.`,
      stream: feed.name,
    });
  }
  const { boundaryAtState } = known;
  return { ...state, ...(boundaryAtState ? { boundary: boundaryAtState } : {}), notes: [] };
}

function behind(feed: FeedRule, where: string): string {
  const detail = `The destination is behind (${where}), as after a restore.`;
  if (feed.onDestinationBehind === 'stop') throw new MillraceError('load.destination_behind', { detail, stream: feed.name });
  return `${detail} Read on from what it has.`;
}

function targetGone(feed: FeedRule, known: KnownPlace): FoundPlace {
  if (feed.onTargetMissing === 'refresh') {
    return refreshed(known, 'the target table was gone');
  }
  throw new MillraceError('load.target_missing', {
    detail: `The target table of ${feed.name} does not exist any more, but the stream was read up to a position.`,
    stream: feed.name,
  });
}

const highestLineage = ({ state, ledger }: KnownPlace): number => Math.max(state?.lineage ?? 0, ledger?.lineage ?? 0);

/** A position that somebody set and nothing was loaded from yet: what was taken at its cursor stands in an older ledger row. */
export function setByHand(state: FeedState | undefined): Position | undefined {
  const isCursor = state?.seq === 0 && state.position.kind === 'cursor';
  return isCursor && state.position.cursor.boundary !== undefined ? state.position : undefined;
}
