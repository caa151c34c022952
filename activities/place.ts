import type { FoundPlace } from '../checkpoint/place.js';
import { type BoundarySet, type Position, START } from '../checkpoint/position.js';
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
 * A position by another cursor field says nothing about this one. Merging may begin anew, in a new lineage.
 * @throws MillraceError `source.cursor_changed` where beginning anew would load rows twice
 */
export function placeByCursor(place: FoundPlace, { feed, mode, cursor }: FeedPlan): FoundPlace {
  const held = cursorFieldOf(place.position);
  if (held === undefined || cursor === undefined || held === cursor.field) return place;
  if (mode === 'incremental_deduped') {
    const { boundary: _, ...rest } = place;
    return { ...rest, lineage: place.lineage + 1, seq: 0, position: START };
  }
  throw new MillraceError('source.cursor_changed', {
    detail: `${feed} was read up to a value of '${held}', and is configured to be read by '${cursor.field}'.`,
    path: 'cursorField',
    stream: feed,
  });
}

function cursorFieldOf(position: Position): string | undefined {
  if (position.kind === 'cursor') return position.cursor.field;
  return position.kind === 'scan' ? (position.scan.largest ?? position.scan.upper)?.field : undefined;
}

export const addressOf = (run: RunRef): { workspaceId: string; connectionId: string; run: number } => ({
  workspaceId: run.workspaceId,
  connectionId: run.connectionId,
  run: run.number,
});
