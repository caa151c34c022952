import { NEVER_READ } from '../checkpoint/never-read.js';
import { type BoundarySet, type Position, START } from '../checkpoint/position.js';
import type { LedgerPosition } from '../connectors/sdk/types.js';
import { MillraceError } from '../platform/errors/error.js';
import { pathPart, runFolder } from '../stage/layout.js';
import type { Stage } from '../stage/store.js';
import type { FeedState } from '../workflows/messages.js';
import type { Place, RunRef } from './contract.js';
import type { FeedPlan } from './plan.js';
import { putDocument } from './plan-store.js';

/** A document that carries a boundary set; a slice's manifest is one too. */
export interface BoundaryDocument {
  readonly boundary?: BoundarySet;
}

/**
 * Where a feed goes on. The ledger wins over the state of the workflow, which may be older; a state of a higher lineage is
 * an explicit change of position and wins over the ledger (I3). A full read always begins anew, in a lineage of its own.
 */
export async function placeOf(
  stage: Stage,
  run: RunRef,
  feed: { readonly name: string; readonly fullRefresh: boolean },
  known: { readonly state: FeedState | undefined; readonly ledger: LedgerPosition | undefined },
): Promise<Place> {
  const state = known.state ?? NEVER_READ;
  const { ledger } = known;
  if (feed.fullRefresh) {
    const lineage = Math.max(known.state?.lineage ?? 0, ledger?.lineage ?? 0) + 1;
    return { lineage, generation: state.generation + (known.state ? 1 : 0), seq: 0, position: START };
  }
  if (!ledger || ledger.lineage < state.lineage)
    return { lineage: state.lineage, generation: state.generation, seq: 0, position: state.position };
  const place = { lineage: ledger.lineage, generation: state.generation, seq: ledger.seq, position: ledger.position };
  if (!ledger.boundary) return place;
  const key = `${runFolder(addressOf(run))}/${pathPart(feed.name)}/boundary-${crypto.randomUUID()}.json`;
  return { ...place, boundary: await putDocument(stage, key, { boundary: ledger.boundary } satisfies BoundaryDocument) };
}

/**
 * A position by another cursor field says nothing about this one. Merging may begin anew, in a new lineage.
 * @throws MillraceError `source.cursor_changed` where beginning anew would load rows twice
 */
export function placeByCursor(place: Place, { feed, mode, cursor }: FeedPlan): Place {
  const held = cursorFieldOf(place.position);
  if (held === undefined || cursor === undefined || held === cursor.field) return place;
  if (mode === 'incremental_deduped')
    return { lineage: place.lineage + 1, generation: place.generation, seq: 0, position: START };
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
