import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DEFAULT_WORKSPACE } from '../platform/db/ids.js';
import { openMetadata } from '../platform/db/open.js';
import { parseKey } from './auth/key-format.js';
import { KeyStore } from './auth/key-store.js';

/**
 * Sees to it that `keyFile` holds an admin key that works, and returns the key. One that works is left alone, so a stack
 * keeps its key over restarts; a new one is made when the file is missing, or the database was replaced. The file is
 * readable by its owner only. Migrates the database.
 */
export async function ensureAdminKey(databaseUrl: string, keyFile: string): Promise<string> {
  const db = await openMetadata(databaseUrl);
  try {
    const keys = new KeyStore(db);
    const present = await readKey(keyFile);
    const presented = present === undefined ? undefined : parseKey(present);
    const row = presented && (await keys.verify(presented, 'this machine'));
    if (present !== undefined && row?.scope === 'admin') return present;
    const { text } = await keys.create({ workspaceId: DEFAULT_WORKSPACE, name: 'bootstrap', scope: 'admin', expiresAt: null });
    await writeKey(keyFile, text);
    return text;
  } finally {
    await db.destroy();
  }
}

async function readKey(keyFile: string): Promise<string | undefined> {
  try {
    return (await readFile(keyFile, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Renamed into place, so that nobody ever reads half a key. */
async function writeKey(keyFile: string, text: string): Promise<void> {
  await mkdir(dirname(keyFile), { recursive: true });
  const temporary = `${keyFile}.${process.pid}.tmp`;
  await writeFile(temporary, `${text}\n`, { mode: 0o600 });
  await rename(temporary, keyFile);
}
