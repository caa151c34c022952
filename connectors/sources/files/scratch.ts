import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, openTrustedEngine } from '../../../platform/duckdb/engine.js';

export const SCRATCH_MEMORY = '256MB';

/**
 * An engine for files of the source; it spills below `tempDirectory`. One thread: DuckDB reads a CSV file with one anyway,
 * and with two the writer holds twice as much of a wide file to keep the rows in order.
 */
export function openScratch(tempDirectory: string): Promise<Engine> {
  return openTrustedEngine({ tempDirectory, memoryLimit: SCRATCH_MEMORY, threads: 1 });
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
