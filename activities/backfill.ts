import type { FoundPlace } from '../checkpoint/place.js';
import { START } from '../checkpoint/position.js';
import type { AnyDestination, AnySource } from '../connectors/registry.js';
import type { LedgerPosition } from '../connectors/sdk/destination.js';
import type { ColumnWindow } from '../connectors/sdk/types.js';
import { MillraceError } from '../platform/errors/error.js';
import type { CursorWindow } from '../workflows/messages.js';
import type { FeedPlan } from './plan.js';

/** The one lineage of a track that is not the connection's own: its name is never used again. */
const TRACK_LINEAGE = 1;

export interface WindowEnds {
  readonly source: Pick<AnySource, 'readWindow'>;
  readonly destination: Pick<AnyDestination, 'refuses'>;
}

/** @throws MillraceError `backfill.not_possible` */
export function requireWindow(plan: FeedPlan, window: CursorWindow, { source, destination }: WindowEnds): ColumnWindow {
  const { feed, mode, cursor, sql } = plan;
  if (!cursor)
    throw refusal(feed, mode.startsWith('full') ? 'it is read as a whole in every run.' : 'its cursor is not one of its fields.');
  if (!source.readWindow) throw refusal(feed, 'its source cannot be asked for a window.');
  if (mode === 'incremental_append' && sql !== undefined)
    throw refusal(feed, 'its SQL may change the cursor, so the rows that the window replaces cannot be told.');
  if (mode === 'incremental_append' && destination.refuses?.includes('window'))
    throw refusal(feed, 'its destination cannot replace the rows of a window.');
  return { field: cursor.field, ...window };
}

/**
 * Where a backfill or replay goes on: by its own slices in the ledger, never by the stream's cursor. A replay begins where
 * the run began whose slices it loads.
 */
export function trackPlace(
  { staged }: Pick<FeedPlan, 'staged'>,
  live: Pick<FoundPlace, 'generation'>,
  track: LedgerPosition | undefined,
): FoundPlace {
  const { seq, position } = track ?? { seq: 0, position: staged?.[0]?.from ?? START };
  return { lineage: TRACK_LINEAGE, generation: live.generation, seq, position, notes: [] };
}

/**
 * The window as it may be read. In append modes rows at and above the live cursor are left to it: it would bring them once more.
 * @throws MillraceError `backfill.not_possible` before the first read has ended
 */
export function belowLive(plan: FeedPlan, live: FoundPlace): { readonly plan: FeedPlan; readonly notes: readonly string[] } {
  if (!plan.window) return { plan, notes: [] };
  if (live.refreshing) throw refusal(plan.feed, 'its next run reads it from the start.');
  if (plan.mode !== 'incremental_append') return { plan, notes: [] };
  const value = live.position.kind === 'cursor' ? live.position.cursor.value : null;
  if (value === null) throw refusal(plan.feed, 'its first read has not ended yet.');
  return { plan: { ...plan, window: { ...plan.window, below: value } }, notes: [`rows from ${value} on are left to the cursor`] };
}

function refusal(feed: string, why: string): MillraceError {
  return new MillraceError('backfill.not_possible', { detail: `${feed} cannot be backfilled: ${why}`, stream: feed });
}
