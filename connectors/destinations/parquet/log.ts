/**
 * The log of a connection: numbered entries, each created once. Whoever creates number n has read all before it, so that everything
 * that an entry says was decided on the newest state; of two at the same time one comes second, and reads on (I2, I9).
 * @module
 */
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../../platform/errors/error.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import { logPrefix, numbered, snapshotPrefix, versionOf } from './layout.js';
import { EMPTY, FORMAT, type LogEntry, type State, withEntry } from './state.js';

const PARALLEL = 8;
/** A reader of the log reads so many entries at most. */
const SNAPSHOT_EVERY = 32;
const SNAPSHOTS_KEPT = 2;

/** The state after the last entry. */
export async function readState(store: ObjectStore, connectionId: string): Promise<State> {
  const state = await newestSnapshot(store, connectionId);
  const prefix = logPrefix(connectionId);
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, { after: numbered(prefix, state.version) })) keys.push(key);
  const entries = await readEntries(
    store,
    keys.filter((key) => versionOf(key) > 0),
  );
  return entries.reduce(withNext, state);
}

interface Numbered {
  readonly version: number;
  readonly entry: LogEntry;
}

function withNext(state: State, { version, entry }: Numbered): State {
  if (version === state.version + 1) return withEntry(state, entry);
  throw damaged(`entry ${state.version + 1} of the log is missing`);
}

/** Entries of a log are never removed by us. @throws MillraceError `load.destination_behind` */
async function readEntries(store: ObjectStore, keys: readonly string[]): Promise<readonly Numbered[]> {
  const entries: Numbered[] = [];
  for (let at = 0; at < keys.length; at += PARALLEL) {
    const found = keys
      .slice(at, at + PARALLEL)
      .map(async (key) => ({ version: versionOf(key), entry: await readEntry(store, key) }));
    entries.push(...(await Promise.all(found)));
  }
  return entries;
}

async function readEntry(store: ObjectStore, key: string): Promise<LogEntry> {
  const text = await store.getText(key);
  if (text === undefined) throw damaged(`${key} is gone`);
  const entry = JSON.parse(text) as LogEntry;
  if (entry.format === FORMAT) return entry;
  throw damaged(`${key} has the format ${String(entry.format)}, which this version does not know`);
}

function damaged(what: string): MillraceError {
  return new MillraceError('load.destination_behind', {
    detail: `What Millrace keeps of its loads is not complete: ${what}.`,
    suggestion: 'Restore the folder _millrace, or load into another root.',
  });
}

/** Entries from the newest to the oldest. */
export async function* entriesBackwards(store: ObjectStore, connectionId: string, from: number): AsyncIterable<LogEntry> {
  const prefix = logPrefix(connectionId);
  for (let last = from; last > 0; last -= PARALLEL) {
    const versions = Array.from({ length: Math.min(PARALLEL, last) }, (_, index) => last - index);
    const entries = await readEntries(
      store,
      versions.map((version) => numbered(prefix, version)),
    );
    for (const { entry } of entries) yield entry;
  }
}

export async function entryAt(store: ObjectStore, connectionId: string, version: number): Promise<LogEntry> {
  return readEntry(store, numbered(logPrefix(connectionId), version));
}

/** A snapshot may be removed between the look for it and the look at it: then there is a newer one. */
async function newestSnapshot(store: ObjectStore, connectionId: string): Promise<State> {
  for (;;) {
    const key = (await snapshotKeys(store, connectionId)).at(-1);
    if (key === undefined) return EMPTY;
    const text = await store.getText(key);
    if (text !== undefined) return JSON.parse(text) as State;
  }
}

async function snapshotKeys(store: ObjectStore, connectionId: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(snapshotPrefix(connectionId))) if (versionOf(key) > 0) keys.push(key);
  return keys;
}

type Draft<Entry> = Entry extends LogEntry ? Omit<Entry, 'format' | 'id' | 'at'> : never;

/**
 * The one step that makes something true. Undefined when another entry has the number: then read the state and decide again. A lost
 * answer is no matter: an entry says whose it is.
 */
export async function commit(
  store: ObjectStore,
  connectionId: string,
  { state, entry: draft }: { readonly state: State; readonly entry: Draft<LogEntry> },
): Promise<State | undefined> {
  const entry = { ...draft, format: FORMAT, id: randomUUID(), at: new Date().toISOString() } as LogEntry;
  const key = numbered(logPrefix(connectionId), state.version + 1);
  const outcome = await store.putText(key, JSON.stringify(entry));
  if (outcome === 'taken' && (await readEntry(store, key)).id !== entry.id) return undefined;
  const next = withEntry(state, entry);
  if (next.version % SNAPSHOT_EVERY === 0) await writeSnapshot(store, connectionId, next);
  return next;
}

/** Only saves reading: every entry stays. */
async function writeSnapshot(store: ObjectStore, connectionId: string, state: State): Promise<void> {
  await store.putText(numbered(snapshotPrefix(connectionId), state.version), JSON.stringify(state));
  await store.remove((await snapshotKeys(store, connectionId)).slice(0, -SNAPSHOTS_KEPT));
}
