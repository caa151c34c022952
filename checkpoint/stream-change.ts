/**
 * What a change of a stream's configuration does to where the stream stands, told before any run: the rules are those by
 * which a run finds its place (`place.ts`, `loaded-as.ts`).
 * @module
 */
import type { StreamConfig } from '../schema/connection-config.js';
import type { Target } from '../schema/types.js';
import { isKeyed, readsWhole } from '../schema/write-mode.js';
import { canonicalJson } from './position.js';
import { afterNewCursor, changeOfLoading, loadedAs } from './loaded-as.js';

/** A stream as one version of its connection has it. */
export interface StreamVersion {
  readonly config: StreamConfig;
  readonly target: Target;
}

export type StreamOutlook =
  /** Goes on after what it has read. `refresh`: rows that are loaded already do not follow the change, and why. */
  | { readonly effect: 'goes_on'; readonly refresh?: string }
  /** Reads all in every run: nothing stands in the way of the change. */
  | { readonly effect: 'reads_all'; readonly formerTarget?: string }
  /** Reads from the start; rows that are loaded stay, and are merged by key. */
  | { readonly effect: 'reads_again'; readonly why: string }
  /** Reads from the start, and what was loaded is replaced. */
  | { readonly effect: 'is_replaced'; readonly why: string }
  /** Its next run refuses to go on until somebody refreshes or resets it. */
  | { readonly effect: 'stops'; readonly why: string }
  | { readonly effect: 'is_new' }
  /** Is not read any more; target and position stay. */
  | { readonly effect: 'is_removed' };

/** `sourceKey` is the key that the source declares, where it is known. */
export function outlookOf(
  before: StreamVersion | undefined,
  after: StreamVersion | undefined,
  sourceKey: readonly string[] = [],
): StreamOutlook {
  if (!after) return { effect: 'is_removed' };
  if (!before) return { effect: 'is_new' };
  const why = changeOfLoading(loadingOf(before, sourceKey), loadingOf(after, sourceKey));
  if (sameTarget(before, after)) return why === undefined ? goingOn(before, after) : { effect: 'is_replaced', why };
  return intoAnotherTarget(before, after);
}

function loadingOf({ config: { mode, primaryKey } }: StreamVersion, sourceKey: readonly string[]) {
  return loadedAs({ mode, primaryKey: primaryKey ?? sourceKey });
}

function sameTarget({ target: a }: StreamVersion, { target: b }: StreamVersion): boolean {
  return a.schema === b.schema && a.table === b.table;
}

/** The new target does not exist when the next run looks for it, unless somebody has made it. */
function intoAnotherTarget({ target, config: was }: StreamVersion, { config }: StreamVersion): StreamOutlook {
  if (readsWhole(config)) return { effect: 'reads_all', formerTarget: targetText(target) };
  const why = `its target was ${targetText(target)}`;
  if (readsWhole(was) || config.onTargetMissing === 'refresh') return { effect: 'reads_again', why };
  return { effect: 'stops', why: `${why}, and onTargetMissing is stop` };
}

/** Where only the destination knows the schema, it has none here. */
function targetText({ schema, table }: Target): string {
  return schema === '' ? table : `${schema}.${table}`;
}

function goingOn({ config: before }: StreamVersion, { config: after }: StreamVersion): StreamOutlook {
  if (readsWhole(after)) return { effect: 'reads_all' };
  if (readsWhole(before)) return { effect: 'is_replaced', why: 'it was read as a whole' };
  if (before.cursorField !== after.cursorField) return withNewCursor(before, after);
  const changed = SHAPES_ROWS.filter((name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null));
  if (changed.length === 0) return { effect: 'goes_on' };
  return { effect: 'goes_on', refresh: `rows that are loaded already were made without the new ${changed.join(', ')}` };
}

/** What decides which rows are loaded, and what is in them. */
const SHAPES_ROWS = ['columns', 'filter', 'sql', 'nullCursor'] as const;

function withNewCursor(before: StreamConfig, after: StreamConfig): StreamOutlook {
  const why = `its cursor was ${before.cursorField ?? "the source's own"}`;
  if (afterNewCursor(after.mode) === 'begins_anew') return { effect: 'reads_again', why };
  return { effect: 'stops', why: `${why}, and ${after.mode} would load rows twice` };
}

/** Whether a stream without a key of its own is loaded by the one that the source declares. */
export function needsSourceKey(versions: readonly (StreamVersion | undefined)[]): boolean {
  const keyed = versions.filter((version) => version && isKeyed(version.config.mode));
  return keyed.some((version) => version?.config.primaryKey === undefined);
}
