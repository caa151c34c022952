import { afterNewCursor } from '../checkpoint/loaded-as.js';
import type { FoundPlace } from '../checkpoint/place.js';
import { type BoundarySet, type CursorMark, type Position, START } from '../checkpoint/position.js';
import { MillraceError } from '../platform/errors/error.js';
import { pathPart, runFolder } from '../stage/layout.js';
import type { Stage } from '../stage/store.js';
import type { Place, RunRef } from './contract.js';
import type { FeedPlan } from './plan.js';
import { putDocument } from './plan-store.js';

/** A document that carries a boundary set; a slice's manifest is one too. */
export interface BoundaryDocument {
  readonly boundary?: BoundarySet;
}

/** The place as workflows carry it: its boundary set stays in the stage. */
export async function stagePlace(stage: Stage, run: RunRef, feed: string, found: Omit<FoundPlace, 'notes'>): Promise<Place> {
  const { boundary, lineage, generation, seq, position, refreshing } = found;
  const place = { lineage, generation, seq, position, ...(refreshing ? { refreshing } : {}) };
  if (!boundary) return place;
  const key = `${runFolder(addressOf(run))}/${pathPart(feed)}/boundary-${crypto.randomUUID()}.json`;
  return { ...place, boundary: await putDocument(stage, key, { boundary } satisfies BoundaryDocument) };
}

/**
 * A position by another cursor field, or by one whose values have become of another kind, says nothing about this one.
 * Merging may begin anew, in a new lineage.
 * @throws MillraceError `source.cursor_changed` where beginning anew would load rows twice
 */
export function placeByCursor(place: FoundPlace, { feed, mode, cursor }: Pick<FeedPlan, 'feed' | 'mode' | 'cursor'>): FoundPlace {
  const held = cursorOf(place.position);
  if (!held || !cursor || isSameCursor(held, cursor)) return place;
  if (afterNewCursor(mode) === 'begins_anew') {
    const { boundary: _, ...rest } = place;
    const notes = [...place.notes, `${changeOf(held, cursor)}: read from the start`];
    return { ...rest, lineage: place.lineage + 1, seq: 0, position: START, notes };
  }
  throw new MillraceError('source.cursor_changed', {
    detail: `${feed} was read up to ${held.value ?? 'NULL'}, but ${changeOf(held, cursor)}.`,
    path: 'cursorField',
    stream: feed,
  });
}

function cursorOf(position: Position): CursorMark | undefined {
  if (position.kind === 'cursor') return position.cursor;
  return position.kind === 'scan' ? (position.scan.largest ?? position.scan.upper) : undefined;
}

type Cursor = Pick<CursorMark, 'field' | 'type'>;

/** Whole numbers keep value and order when they become decimals. */
function isSameCursor(held: Cursor, now: Cursor): boolean {
  return held.field === now.field && (held.type === now.type || (held.type === 'int' && now.type === 'decimal'));
}

function changeOf(held: Cursor, now: Cursor): string {
  return held.field === now.field
    ? `its cursor ${now.field} was a value of type ${held.type} and is ${now.type} now`
    : `its cursor was ${held.field} and is ${now.field} now`;
}

export const addressOf = (run: RunRef): { workspaceId: string; connectionId: string; run: number } => ({
  workspaceId: run.workspaceId,
  connectionId: run.connectionId,
  run: run.number,
});
