import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = (home: string): string => join(home, 'temporal');
const marker = (home: string): string => join(folder(home), 'complete');

export const databaseFile = (home: string): string => join(folder(home), 'temporal.db');

/**
 * Makes the folder of the database. The server creates its tables only in a file that it makes itself, so a first start
 * that was killed leaves one that never works again: without the mark of a complete start the folder is made anew.
 */
export async function prepareDataFolder(home: string): Promise<void> {
  if (!existsSync(marker(home))) await rm(folder(home), { recursive: true, force: true });
  await mkdir(folder(home), { recursive: true, mode: 0o700 });
}

/** To be called before anything is stored: what has no mark is thrown away. */
export async function markComplete(home: string): Promise<void> {
  await writeFile(marker(home), '');
}
