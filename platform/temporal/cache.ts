import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAlive } from '../process/inspect.js';
import { unfitReason } from './release.js';

const UNFINISHED = '.unfinished-';

/**
 * Lets `make` put a binary named `temporal` into an empty folder, tries it, and moves it to `target` in one step: whoever
 * looks meanwhile, or does the same at the same time, never sees half a file.
 */
export async function installBinary(target: string, make: (folder: string) => Promise<void>): Promise<string> {
  const cache = dirname(target);
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const folder = await mkdtemp(join(cache, `${UNFINISHED}${process.pid}-`));
  try {
    await make(folder);
    await publish(join(folder, 'temporal'), target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function publish(binary: string, target: string): Promise<void> {
  await chmod(binary, 0o755);
  const unfit = await unfitReason(binary);
  if (unfit !== undefined) throw new Error(unfit);
  await rename(binary, target);
}

/** What processes that were killed have left behind. */
async function removeAbandoned(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith(UNFINISHED));
  const abandoned = names.filter((name) => !isAlive(Number.parseInt(name.slice(UNFINISHED.length), 10)));
  await Promise.all(abandoned.map((name) => rm(join(cache, name), { recursive: true, force: true })));
}
