/**
 * The connection workflow's state as it travels through continue-as-new: versioned, small (about 100 bytes a feed), with pure
 * migrations. Every version that was ever written is frozen in `test/golden/state-v*.json`.
 * @module
 */
import type { FeedState } from '../workflows/messages.js';
import { type CursorType, END, type Position, START } from './position.js';

export const STATE_VERSION = 2;

/** Lineage, generation, seq; a fourth mark while the feed is being refreshed. */
type Marks = readonly [number, number, number] | readonly [number, number, number, 'refreshing'];

/** The marks, then what the position is; what a start says by itself is left out. */
export type CompactFeed =
  | readonly [Marks]
  | readonly [Marks, 'end']
  | readonly [Marks, 'scan', Extract<Position, { kind: 'scan' }>['scan']]
  | readonly [Marks, CursorType, string, string | null]
  | readonly [Marks, CursorType, string, string | null, string];

export function packFeed({ lineage, generation, seq, position, refreshing }: FeedState): CompactFeed {
  const marks: Marks = refreshing ? [lineage, generation, seq, 'refreshing'] : [lineage, generation, seq];
  switch (position.kind) {
    case 'start':
      return [marks];
    case 'end':
      return [marks, 'end'];
    case 'scan':
      return [marks, 'scan', position.scan];
    case 'cursor': {
      const { type, field, value, boundary } = position.cursor;
      return boundary === undefined ? [marks, type, field, value] : [marks, type, field, value, boundary];
    }
  }
}

export function unpackFeed(packed: CompactFeed): FeedState {
  const [lineage, generation, seq, refreshing] = packed[0];
  return { lineage, generation, seq, position: unpackPosition(packed), ...(refreshing ? { refreshing: true } : {}) };
}

function unpackPosition(packed: CompactFeed): Position {
  if (packed.length === 1) return START;
  if (packed.length === 2) return END;
  if (packed.length === 3) return { kind: 'scan', scan: packed[2] };
  const [, type, field, value, boundary] = packed;
  return { kind: 'cursor', cursor: { type, field, value, ...(boundary === undefined ? {} : { boundary }) } };
}

interface Versioned {
  readonly v: number;
}

/** From each version to the next. */
const MIGRATIONS: Readonly<Record<number, (state: Versioned) => Versioned>> = { 1: groupMarks };

/** Brings a state of any version we ever wrote to the present one. @throws RangeError for a version of the future */
export function migrateState<State extends Versioned>(state: unknown, initial: State): State {
  if (state === undefined || state === null) return initial;
  let held = state as Versioned;
  for (let migrate = MIGRATIONS[held.v]; migrate; migrate = MIGRATIONS[held.v]) held = migrate(held);
  if (held.v === STATE_VERSION) return { ...initial, ...(held as State) };
  throw new RangeError(`connection state has version ${String(held.v)}, this worker knows ${STATE_VERSION}`);
}

/** Version 1 had the three marks of a feed loose before its position, and knew no refresh. */
function groupMarks(state: Versioned): Versioned {
  const { feeds = {} } = state as { readonly feeds?: Readonly<Record<string, readonly unknown[]>> };
  const grouped = Object.entries(feeds).map(([name, [lineage, generation, seq, ...position]]) => [
    name,
    [[lineage, generation, seq], ...position],
  ]);
  return { ...state, v: 2, feeds: Object.fromEntries(grouped) as unknown } as Versioned;
}
