import type { BoundarySet } from '../../../checkpoint/position.js';
import { positionText } from '../../../checkpoint/position.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import type { FenceFeed, FenceRequest, FenceResult, LedgerPosition, LoadedAs, Outlook, Track } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { ParquetConfig } from './config.js';
import { commit, entriesBackwards, entryAt, readState } from './log.js';
import { tableHolds } from './presence.js';
import { removeLeftovers, settleTable } from './settle.js';
import { type Head, type State, type Table, tableKey } from './state.js';
import { openRoot } from './root.js';

type Context = ConnectorContext<ParquetConfig>;

/**
 * Raises the connection's epoch by an entry of its log: whoever was about to commit finds the number taken, reads on, and learns
 * that it has lost its place (I9). Then it finishes what loads of earlier runs have committed, and removes what they have not.
 */
export async function fence(context: Context, request: FenceRequest): Promise<FenceResult> {
  await using store = await openRoot(context);
  return await fenceIn(store, request);
}

export async function fenceIn(store: ObjectStore, request: FenceRequest): Promise<FenceResult> {
  const raised = await raise(store, request);
  if ('outcome' in raised) return raised;
  const missingTargets = await settleFeeds(store, request, raised);
  await removeLeftovers(store, request.connectionId, request.epoch);
  const { asOf } = raised;
  return { outcome: 'raised', ...(await standings(store, request, raised)), missingTargets, asOf, endedSessions: 0 };
}

async function raise(store: ObjectStore, { connectionId, epoch, run }: FenceRequest): Promise<State | FenceResult> {
  for (;;) {
    const state = await readState(store, connectionId);
    if (state.epoch > epoch) return { outcome: 'refused', epoch: state.epoch };
    const entry = { kind: 'fence', epoch, run, asOf: momentAfter(state.asOf) } as const;
    const raised = await commit(store, connectionId, { state, entry });
    if (raised) return raised;
  }
}

const MICROSECOND_DIGITS = 6;

/** Now, by this machine's clock, or just after the run before: files have no clock of their own. */
export function momentAfter(before: string, now: string = new Date().toISOString()): string {
  const [seconds = '', fraction = ''] = now.replace('Z', '').split('.');
  const moment = `${seconds}.${fraction.padEnd(MICROSECOND_DIGITS, '0')}Z`;
  if (moment > before) return moment;
  const digits = before.slice(-MICROSECOND_DIGITS - 1, -1);
  const next = Number(digits) + 1;
  if (next < 10 ** MICROSECOND_DIGITS)
    return `${before.slice(0, -MICROSECOND_DIGITS - 1)}${String(next).padStart(MICROSECOND_DIGITS, '0')}Z`;
  return momentAfter('', new Date(Date.parse(before) + 1).toISOString());
}

/** @returns the feeds whose target is not there */
async function settleFeeds(
  store: ObjectStore,
  { connectionId, feeds }: Pick<FenceRequest, 'connectionId' | 'feeds'>,
  state: State,
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { name, target } of feeds) {
    const table = tableOf(state, name, target);
    const there = table ? (await settleTable(store, connectionId, table)) === 'settled' : await tableHolds(store, target);
    if (!there) missing.push(name);
  }
  return missing;
}

function tableOf(state: State, feed: string, target: FenceFeed['target']): Table | undefined {
  const table = state.tables[tableKey(target)];
  return table?.feed === feed ? table : undefined;
}

type Asked = Pick<FenceRequest, 'connectionId' | 'track' | 'feeds'>;

async function standings(
  store: ObjectStore,
  request: Asked,
  state: State,
): Promise<Omit<Outlook, 'hasLedger' | 'missingTargets'>> {
  const { connectionId, track, feeds } = request;
  const names = feeds.map(({ name }) => name);
  const live = await positions(store, connectionId, { state, track: 'live', names });
  return {
    live,
    track: track === 'live' ? live : await positions(store, connectionId, { state, track, names }),
    loadedAs: loadedAs(state, feeds),
    boundaries: await boundariesAt(store, request, state),
  };
}

interface Wanted {
  readonly state: State;
  readonly track: Track;
  readonly names: readonly string[];
}

/** The last slice of each feed, with its boundary set. */
export async function positions(
  store: ObjectStore,
  connectionId: string,
  { state, track, names }: Wanted,
): Promise<readonly LedgerPosition[]> {
  const found = names.map(async (feed): Promise<readonly LedgerPosition[]> => {
    const head = state.heads[feed]?.[track];
    if (!head) return [];
    const boundary = await boundaryOf(store, connectionId, head);
    const { lineage, seq, to: position } = head;
    const shadow = track === 'live' && state.collected[feed]?.[track]?.lineage === lineage;
    return [{ feed, lineage, seq, position, ...(boundary ? { boundary } : {}), shadow }];
  });
  return (await Promise.all(found)).flat();
}

async function boundaryOf(store: ObjectStore, connectionId: string, { boundaryIn }: Head): Promise<BoundarySet | undefined> {
  if (boundaryIn === undefined) return undefined;
  const entry = await entryAt(store, connectionId, boundaryIn);
  return entry.kind === 'slice' ? entry.boundary : undefined;
}

function loadedAs(state: State, feeds: readonly FenceFeed[]): Readonly<Record<string, LoadedAs>> {
  return Object.fromEntries(
    feeds.flatMap(({ name, target }) => {
      const table = tableOf(state, name, target);
      return table ? [[name, { mode: table.mode, key: [] }]] : [];
    }),
  );
}

/** What had been taken at positions that were set again by hand. All of the log may have to be read: nobody does that often. */
async function boundariesAt(
  store: ObjectStore,
  { connectionId, feeds }: Asked,
  state: State,
): Promise<Record<string, BoundarySet>> {
  const wanted = new Map(feeds.flatMap(({ name, setTo }) => (setTo ? [[name, positionText(setTo)]] : [])));
  const found: Record<string, BoundarySet> = {};
  if (wanted.size === 0) return found;
  for await (const entry of entriesBackwards(store, connectionId, state.version)) {
    if (entry.kind !== 'slice' || !entry.boundary || wanted.get(entry.feed) !== positionText(entry.to)) continue;
    found[entry.feed] = entry.boundary;
    wanted.delete(entry.feed);
    if (wanted.size === 0) break;
  }
  return found;
}

/** What a fence would find; nothing is raised, placed or removed. */
export async function outlook(context: Context, request: Omit<FenceRequest, 'epoch' | 'run'>): Promise<Outlook> {
  await using store = await openRoot(context);
  const state = await readState(store, request.connectionId);
  const missingTargets: string[] = [];
  for (const { name, target } of request.feeds) {
    const table = tableOf(state, name, target);
    if (!(await tableHolds(store, target, table))) missingTargets.push(name);
  }
  return { ...(await standings(store, request, state)), missingTargets, hasLedger: state.version > 0 };
}
