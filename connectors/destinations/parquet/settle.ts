import { MillraceError } from '../../../platform/errors/error.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import { readState } from './log.js';
import { DATA_FILE, epochOf, incomingPrefix, manifestPrefix, numbered, tablePrefix, versionOf } from './layout.js';
import { type State, type Table, tableKey } from './state.js';

/**
 * Makes a table's folder say what the log says. Everything here may be done twice, by anybody, and be broken off anywhere: the log
 * alone is the truth, and whoever comes next goes on.
 * @module
 */

const MANIFESTS_KEPT = 3;

/** What readers of the table's list of files find in it. */
export interface TableManifest {
  readonly format: 'millrace-table/1';
  readonly version: number;
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  /** Names in the table's folder. */
  readonly files: readonly string[];
  readonly columns: Table['columns'];
}

/**
 * Places the table's files, then lists them in a manifest (I5: all of a refresh or nothing of it), then removes what it replaced.
 * @returns `gone` when somebody has removed all of it: then nothing is put in its place
 */
export async function settleTable(store: ObjectStore, connectionId: string, table: Table): Promise<'settled' | 'gone'> {
  const held = await namesIn(store, table);
  const placed = await placeFiles(store, table, held);
  const manifest = (await manifestKeys(store, table)).map(versionOf).at(-1) ?? 0;
  if (manifest === 0 && placed === 0 && !table.files.some(({ name }) => held.has(name))) return 'gone';
  if (manifest < table.version) await writeManifest(store, table);
  await removeReplaced(store, connectionId, { table, held });
  return 'settled';
}

/** Without a look at what is there: for a slice that only added files. */
export async function settleAdded(store: ObjectStore, table: Table, added: Table['files']): Promise<void> {
  await placeFiles(store, { ...table, files: added }, new Set());
  await writeManifest(store, table);
}

/** Only what a moved file leaves can be missing: it was placed by whoever moved it. */
async function placeFiles(store: ObjectStore, { target, files }: Table, held: ReadonlySet<string>): Promise<number> {
  let placed = 0;
  for (const { name, incoming } of files.filter((file) => !held.has(file.name)))
    if ((await store.move(incoming, `${tablePrefix(target)}${name}`)) === 'moved') placed += 1;
  return placed;
}

async function manifestKeys(store: ObjectStore, { target }: Pick<Table, 'target'>): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(manifestPrefix(target))) if (versionOf(key) > 0) keys.push(key);
  return keys;
}

/** One name a version: a worker that was left behind cannot put an older list in the place of a newer one (I9). */
async function writeManifest(store: ObjectStore, table: Table): Promise<void> {
  const { target, version, files, columns } = table;
  const manifest: TableManifest = {
    format: 'millrace-table/1',
    version,
    ...target,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    files: files.map(({ name }) => name),
    columns,
  };
  await store.putText(numbered(manifestPrefix(target), version), JSON.stringify(manifest));
  await store.remove((await manifestKeys(store, table)).slice(0, -MANIFESTS_KEPT));
}

interface Held {
  readonly table: Table;
  readonly held: ReadonlySet<string>;
}

/**
 * The state is read after the folder was listed: a file that was there, and is not named now, was replaced, and no name ever comes
 * back. The other way round a file that a successor has just placed would be taken for an old one.
 */
async function removeReplaced(store: ObjectStore, connectionId: string, { table, held }: Held): Promise<void> {
  const now = (await readState(store, connectionId)).tables[tableKey(table.target)];
  const current = new Set(now?.files.map(({ name }) => name));
  const replaced = now ? [...held].filter((name) => DATA_FILE.test(name) && !current.has(name)) : [];
  await store.remove(replaced.map((name) => `${tablePrefix(table.target)}${name}`));
}

/** Names of files directly in the table's folder. */
export async function namesIn(store: ObjectStore, { target }: Pick<Table, 'target'>): Promise<ReadonlySet<string>> {
  const prefix = tablePrefix(target);
  const names = new Set<string>();
  for await (const { key } of store.list(prefix)) {
    const name = key.slice(prefix.length);
    if (!name.includes('/')) names.add(name);
  }
  return names;
}

/**
 * Removes what loads of earlier epochs have left behind: the fence has been raised above them, so nobody can commit it any more. The
 * files are listed before the state is read, as above.
 */
export async function removeLeftovers(store: ObjectStore, connectionId: string, epoch: number): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(incomingPrefix(connectionId), { unfinished: true }))
    if (epochOf(key) < epoch) keys.push(key);
  if (keys.length === 0) return;
  const named = incomingNames(await readState(store, connectionId));
  await store.remove(keys.filter((key) => !named.has(key)));
}

function incomingNames({ tables, collected }: State): ReadonlySet<string> {
  const files = [...Object.values(tables), ...Object.values(collected).flatMap((tracks) => Object.values(tracks))];
  return new Set(files.flatMap((holder) => holder.files.map(({ incoming }) => incoming)));
}

/** @throws MillraceError `load.target_incompatible` where files lie that nobody of ours has loaded */
export async function refuseForeignFiles(store: ObjectStore, { target }: Pick<Table, 'target'>, stream: string): Promise<void> {
  const foreign = [...(await namesIn(store, { target }))].find((name) => name.endsWith('.parquet'));
  if (foreign === undefined) return;
  throw new MillraceError('load.target_incompatible', {
    detail: `${tablePrefix(target)} already holds ${foreign}, which this connection has not loaded.`,
    suggestion: 'Choose another target, or empty the folder first.',
    stream,
    path: 'target',
  });
}
