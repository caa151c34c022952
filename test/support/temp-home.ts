import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listProcesses } from '../../platform/process/inspect.js';

export interface TempHome extends AsyncDisposable {
  readonly path: string;
}

/**
 * A folder of its own, removed at the end.
 * @example await using home = await tempHome('lock');
 */
export async function tempHome(name: string, parent: string = tmpdir()): Promise<TempHome> {
  const path = await mkdtemp(join(parent, `millrace-test-${name}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Command lines of processes that name the folder: servers that a test left behind. */
export function processesNaming(folder: string): readonly string[] {
  return listProcesses()
    .filter(({ command }) => command.includes(folder))
    .map(({ pid, command }) => `${pid} ${command}`);
}
