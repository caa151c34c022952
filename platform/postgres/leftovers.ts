import { readFileSync, readlinkSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../errors/error.js';
import { endOrphans, findByCommand } from '../process/orphans.js';
import { isAlive } from '../process/inspect.js';

/**
 * Clears the way for a start over a data folder whose server was killed: ends the postmaster and the backends that still
 * run on it, and makes a stale `postmaster.pid` harmless.
 * @throws MillraceError `setup.unavailable` when they cannot be ended
 */
export async function clearLeftovers(dataFolder: string): Promise<void> {
  const pids = [...findByCommand([`/postgres -D ${dataFolder} `]), ...processesWorkingIn(dataFolder)];
  const gone = await endOrphans([...new Set(pids)], ['SIGINT', 'SIGQUIT']);
  if (!gone) throw stillRunning(dataFolder, pids.filter(isAlive));
  disownPidFile(join(dataFolder, 'postmaster.pid'));
}

/** Backends change their command line, but never leave their folder. Linux only; elsewhere the postmaster ends them. */
function processesWorkingIn(folder: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => workingFolder(pid) === folder).map(Number);
}

function workingFolder(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/**
 * Postgres refuses to start when the pid in its file belongs to any process of the same user. Ours in its place counts as
 * stale, because we are its parent, and unlike removing the file it keeps the check for backends that still hold the
 * shared memory.
 */
function disownPidFile(file: string): void {
  try {
    const [, ...rest] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [process.pid, ...rest].join('\n'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function stillRunning(folder: string, pids: readonly number[]): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `A Postgres of an earlier start still runs on ${folder} (pid ${pids.join(', ')}) and cannot be ended.`,
    suggestion: 'End it by hand, or use another MILLRACE_HOME.',
  });
}
