import { MillraceError } from '../../../platform/errors/error.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import type { WriteMode } from '../../../schema/connection-config.js';
import { isReserved } from '../../../schema/naming.js';
import type { LoadRequest, LoadResult, TargetPlanRequest } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { ParquetConfig } from './config.js';
import { type SliceFiles, fileColumns, writeFiles } from './export.js';
import { commit, readState } from './log.js';
import { claimTarget } from './owner.js';
import { tableHolds } from './presence.js';
import { openRoot } from './root.js';
import { settleAdded, settleTable } from './settle.js';
import {
  type FileColumn,
  type Head,
  type SliceEntry,
  type State,
  type Table,
  acceptSlice,
  collectedBy,
  tableKey,
} from './state.js';

export const MODES: readonly WriteMode[] = ['full_refresh_overwrite', 'full_refresh_append', 'incremental_append'];

type Context = ConnectorContext<ParquetConfig>;

/**
 * Loads one slice: its files are written where nobody reads them, then one entry of the log makes them part of the table, all at once
 * and together with the new position (I2), then they get their names in the table's folder.
 */
export async function load(context: Context, request: LoadRequest): Promise<LoadResult> {
  await using store = await openRoot(context);
  return await loadInto(store, context, request);
}

export async function loadInto(
  store: ObjectStore,
  context: Pick<Context, 'config' | 'signal'>,
  request: LoadRequest,
): Promise<LoadResult> {
  refuseUnsupported(request);
  const { connectionId } = request;
  const state = await readState(store, connectionId);
  const earlier = accepted(state, request);
  if (earlier) return repeated(store, request, { state, head: earlier });
  await claimTarget(store, claimOf(request));
  const effect = await effectOf(store, request, state);
  const written = isWanted(request, state, effect)
    ? await writeFiles(store, request, context)
    : { files: [], columns: fileColumns(request) };
  const committed = await commitSlice(store, request, { state, written, effect });
  if ('head' in committed) {
    await discard(store, written);
    return repeated(store, request, committed);
  }
  await settle(store, committed.state, { request, effect, written });
  return {
    ...resultOf(request.seq, committed.state.heads[request.feed]?.[request.track] as Head),
    alreadyLoaded: false,
    notes: committed.notes,
  };
}

export const claimOf = ({ connectionId, feed, stream, target, mode, formerOwner }: TargetPlanRequest) => ({
  ...{ connectionId, feed, stream, target, formerOwner },
  replaces: mode === 'full_refresh_overwrite',
});

/** @throws MillraceError `load.target_incompatible` for what files that are never changed cannot hold */
export function refuseUnsupported({ columns, stream, shadow, quarantine, mode }: TargetPlanRequest): void {
  if (!MODES.includes(mode))
    throw incompatible(stream, `Parquet files cannot be loaded in ${mode}.`, `Use ${MODES.join(' or ')}.`);
  const reserved = columns.find(({ name }) => isReserved(name));
  if (reserved)
    throw incompatible(
      stream,
      `The transform makes a column ${reserved.name}: names that begin with _millrace_ belong to Millrace.`,
      'Give the column another name.',
    );
  if (shadow?.window)
    throw incompatible(
      stream,
      'A window of rows cannot be replaced in Parquet files.',
      'Refresh the stream: it reads and replaces all of it.',
    );
  if (quarantine)
    throw incompatible(
      stream,
      'Rows of a changed source cannot be kept aside here.',
      'Accept the change of columns, or use schemaPolicy evolve, ignore_new or stop.',
    );
}

function incompatible(stream: string, detail: string, suggestion: string): MillraceError {
  return new MillraceError('load.target_incompatible', { detail, suggestion, stream });
}

/**
 * I9: refuses a load whose run has lost its place.
 * @returns what the log holds when this very slice was loaded before
 * @throws MillraceError `load.stale_epoch`, `load.stale_position`
 */
function accepted(state: State, request: LoadRequest): Head | undefined {
  const { connectionId, stream, epoch, seq, lineage, shadow } = request;
  if (state.epoch !== epoch)
    throw new MillraceError('load.stale_epoch', {
      detail: `Epoch ${epoch} of ${connectionId} was followed by epoch ${state.epoch || 'none'}.`,
      stream,
    });
  const acceptance = acceptSlice(state, request);
  if (acceptance.outcome === 'loaded') return acceptance.head;
  if (acceptance.outcome === 'stale')
    throw new MillraceError('load.stale_position', {
      detail: `Slice ${seq} of ${stream} does not follow slice ${acceptance.seq} in the ledger.`,
      stream,
      facts: { seq: acceptance.seq, position: acceptance.position },
    });
  if (shadow && seq > 1 && !collectedBy(state, request))
    throw new MillraceError('load.stale_epoch', {
      detail: `What lineage ${lineage} of ${stream} had collected is gone.`,
      stream,
    });
  return undefined;
}

/** What the slice does to the table when it is committed. */
async function effectOf(
  store: ObjectStore,
  { shadow, whole, mode, target }: LoadRequest,
  state: State,
): Promise<SliceEntry['effect']> {
  if (shadow && !shadow.publish) return 'collect';
  if (!shadow) return 'add';
  const adds = whole && mode !== 'full_refresh_overwrite' && !shadow.replace;
  return adds && (await tableHolds(store, target, state.tables[tableKey(target)])) ? 'add' : 'replace';
}

interface Deciding {
  readonly state: State;
  readonly written: SliceFiles;
  readonly effect: SliceEntry['effect'];
}

type Committed = { readonly state: State; readonly notes: readonly string[] } | { readonly state: State; readonly head: Head };

/** Decides again on every newer state, until its entry is the next one: streams of one connection load side by side. */
async function commitSlice(
  store: ObjectStore,
  request: LoadRequest,
  { state: first, written, effect }: Deciding,
): Promise<Committed> {
  let state = first;
  for (;;) {
    const entry = entryOf(request, { written, effect });
    const next = await commit(store, request.connectionId, { state, entry });
    if (next) return { state: next, notes: notesOf(request, state, next) };
    state = await readState(store, request.connectionId);
    const head = await acceptedOrDiscarded(store, request, { state, written });
    if (head) return { state, head };
  }
}

async function acceptedOrDiscarded(
  store: ObjectStore,
  request: LoadRequest,
  { state, written }: Pick<Deciding, 'state' | 'written'>,
): Promise<Head | undefined> {
  try {
    return accepted(state, request);
  } catch (error) {
    await discard(store, written);
    throw error;
  }
}

const discard = (store: ObjectStore, { files }: SliceFiles): Promise<void> => store.remove(files.map(({ incoming }) => incoming));

type Draft = Parameters<typeof commit>[2]['entry'];

function entryOf(request: LoadRequest, { written, effect }: Omit<Deciding, 'state'>): Draft {
  const { epoch, run, feed, track, lineage, seq, from, to, boundary, mode, target } = request;
  const { extracted, repeated: again, filtered, rows: loaded, manifestSha256: manifest } = request;
  return {
    ...{ kind: 'slice', epoch, run, feed, track, lineage, seq, from, to, manifest, mode, target, effect, ...written },
    ...(boundary ? { boundary } : {}),
    rows: { extracted, repeated: again, filtered, loaded, rejected: 0 },
  };
}

/** A file without rows is only wanted where there would be none: it says which columns the table has. */
function isWanted(request: LoadRequest, state: State, effect: SliceEntry['effect']): boolean {
  const held = effect === 'add' ? (state.tables[tableKey(request.target)]?.files ?? []) : [];
  const collected = request.shadow ? (collectedBy(state, request)?.files ?? []) : [];
  return request.rows > 0 || held.length + collected.length === 0;
}

interface Settling extends Pick<Deciding, 'effect' | 'written'> {
  readonly request: LoadRequest;
}

async function settle(store: ObjectStore, state: State, { request, effect, written }: Settling): Promise<void> {
  const table = state.tables[tableKey(request.target)];
  if (effect === 'collect' || !table) return;
  if (request.shadow) await settleTable(store, request.connectionId, table);
  else
    await settleAdded(
      store,
      table,
      written.files.filter(({ name }) => table.files.some((file) => file.name === name)),
    );
}

/** What an earlier attempt has committed may not be in its place yet. */
async function repeated(
  store: ObjectStore,
  request: LoadRequest,
  { state, head }: { readonly state: State; readonly head: Head },
): Promise<LoadResult> {
  const table = state.tables[tableKey(request.target)];
  if (table?.feed === request.feed) await settleTable(store, request.connectionId, table);
  return { ...resultOf(request.seq, head), alreadyLoaded: true, notes: [] };
}

function resultOf(seq: number, { to, rows: { loaded, rejected } }: Head): Omit<LoadResult, 'alreadyLoaded' | 'notes'> {
  return { seq, to, rows: { loaded, rejected, superseded: 0 } };
}

/** I6: what changes for readers, in words. */
function notesOf({ target }: LoadRequest, before: State, after: State): readonly string[] {
  const [held, now] = [before.tables[tableKey(target)], after.tables[tableKey(target)]];
  if (!now || now === held) return [];
  return held ? changesOf(held, now) : [`created ${target.schema}.${target.table}`];
}

function changesOf(held: Table, now: Table): readonly string[] {
  const types = new Map(held.columns.map(({ name, type }) => [name, type]));
  return now.columns.flatMap(({ name, type }: FileColumn): string[] => {
    const was = types.get(name);
    if (was === type) return [];
    return [was === undefined ? `added column ${name} ${type}` : `column ${name} was ${was} and is ${type} in new files`];
  });
}
