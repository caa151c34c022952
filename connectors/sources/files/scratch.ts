import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, openTrustedEngine } from '../../../platform/duckdb/engine.js';

/** An engine for files of the source; it spills below `tempDirectory`. */
export function openScratch(tempDirectory: string): Promise<Engine> {
  return openTrustedEngine({ tempDirectory, memoryLimit: '400MB', threads: 2 });
}

/** The same where no folder is given, for the time of `work`. */
export async function withScratch<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-files-'));
  try {
    await using engine = await openScratch(folder);
    return await work(engine);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
