/**
 * From a source's mark and what was staged to the feed's next position.
 * @module
 */
import type { MarkPosition } from '../connectors/sdk/types.js';
import { MillraceError } from '../platform/errors/error.js';
import { boundaryDigest } from './boundary.js';
import type { BoundarySet, CursorMark, CursorType, Position } from './position.js';

/** The largest cursor value of a slice, with the rows that have it. */
export interface Largest {
  readonly value: string;
  readonly boundary: BoundarySet;
}

export interface Advance {
  readonly from: Position;
  readonly mark: MarkPosition;
  readonly cursor?: { readonly field: string; readonly type: CursorType };
  /** What the slice holds; undefined when it holds no cursor value. */
  readonly largest?: Largest | undefined;
  /** The set that belongs to the cursor in `from`. */
  readonly held?: BoundarySet | undefined;
  /** Orders two cursor values of this stream. */
  readonly compare: (a: string, b: string) => Promise<number>;
  /** One set of the rows of both. */
  readonly merge: (a: BoundarySet, b: BoundarySet) => Promise<BoundarySet>;
}

export interface Advanced {
  readonly position: Position;
  readonly boundary?: BoundarySet;
}

export async function advance(step: Advance): Promise<Advanced> {
  if (step.mark.kind === 'exact') return { position: step.mark.position };
  const next = await nextCursor(step);
  const boundary = next.boundary ? { boundary: next.boundary } : {};
  if (step.mark.kind === 'largest' || step.mark.after === null)
    return { position: { kind: 'cursor', cursor: next.cursor }, ...boundary };
  const { by, after, upper } = step.mark;
  const bound = upper === null ? {} : { upper: { type: next.cursor.type, field: next.cursor.field, value: upper } };
  const largest = next.cursor.value === null ? {} : { largest: next.cursor };
  return { position: { kind: 'scan', scan: { by, after, ...bound, ...largest } }, ...boundary };
}

async function nextCursor(step: Advance): Promise<{ cursor: CursorMark; boundary?: BoundarySet }> {
  const { field, type } = step.cursor ?? missingCursor();
  const held = heldCursor(step.from);
  const winner = await larger(step, held?.value ?? null);
  if (winner === undefined) return { cursor: { type, field, value: null } };
  const digest = winner.boundary && boundaryDigest(winner.boundary);
  return {
    cursor: { type, field, value: winner.value, ...(digest === undefined ? {} : { boundary: digest }) },
    ...(winner.boundary ? { boundary: winner.boundary } : {}),
  };
}

function heldCursor(from: Position): CursorMark | undefined {
  if (from.kind === 'cursor') return from.cursor;
  return from.kind === 'scan' ? from.scan.largest : undefined;
}

async function larger(step: Advance, heldValue: string | null): Promise<{ value: string; boundary?: BoundarySet } | undefined> {
  const { largest, held } = step;
  const kept = heldValue === null ? undefined : { value: heldValue, ...(held ? { boundary: held } : {}) };
  if (!largest) return kept;
  if (!kept) return largest;
  const order = await step.compare(largest.value, kept.value);
  if (order > 0) return largest;
  if (order < 0) return kept;
  return { value: kept.value, boundary: kept.boundary ? await step.merge(kept.boundary, largest.boundary) : largest.boundary };
}

function missingCursor(): never {
  throw new MillraceError('engine.internal', { detail: 'A mark names a cursor but the stream has none.' });
}
