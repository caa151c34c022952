/**
 * The connection workflow's state as it travels through continue-as-new: versioned, small (about 100 bytes a feed), with pure
 * migrations. Frozen by `test/golden/state-v1.json`.
 * @module
 */
import type { FeedState } from '../workflows/messages.js';
import { type CursorType, END, type Position, START } from './position.js';

export const STATE_VERSION = 1;

/** `[lineage, generation, seq]`, then what the position is; what a start or end says by itself is left out. */
export type CompactFeed =
  | readonly [number, number, number]
  | readonly [number, number, number, 'end']
  | readonly [number, number, number, 'scan', Extract<Position, { kind: 'scan' }>['scan']]
  | readonly [number, number, number, CursorType, string, string | null]
  | readonly [number, number, number, CursorType, string, string | null, string];

export function packFeed({ lineage, generation, seq, position }: FeedState): CompactFeed {
  switch (position.kind) {
    case 'start':
      return [lineage, generation, seq];
    case 'end':
      return [lineage, generation, seq, 'end'];
    case 'scan':
      return [lineage, generation, seq, 'scan', position.scan];
    case 'cursor': {
      const { type, field, value, boundary } = position.cursor;
      return boundary === undefined
        ? [lineage, generation, seq, type, field, value]
        : [lineage, generation, seq, type, field, value, boundary];
    }
  }
}

export function unpackFeed(packed: CompactFeed): FeedState {
  const [lineage, generation, seq] = packed;
  return { lineage, generation, seq, position: unpackPosition(packed) };
}

function unpackPosition(packed: CompactFeed): Position {
  if (packed.length === 3) return START;
  if (packed.length === 4) return END;
  if (packed.length === 5) return { kind: 'scan', scan: packed[4] };
  const [, , , type, field, value, boundary] = packed;
  return { kind: 'cursor', cursor: { type, field, value, ...(boundary === undefined ? {} : { boundary }) } };
}

/** Brings a state of any version we ever wrote to the present one. @throws RangeError for a version of the future */
export function migrateState<State extends { readonly v: number }>(state: unknown, initial: State): State {
  if (state === undefined || state === null) return initial;
  const version = (state as { readonly v?: unknown }).v;
  if (version === STATE_VERSION) return { ...initial, ...(state as State) };
  throw new RangeError(`connection state has version ${String(version)}, this worker knows ${STATE_VERSION}`);
}
