import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

export interface FoundProcess {
  readonly pid: number;
  /** The command line; arguments are joined by one space where the system does not keep them apart. */
  readonly command: string;
}

const ON_LINUX = process.platform === 'linux';

/** Every process this user can see, with its command line. Zombies have none and are left out. */
export function listProcesses(): readonly FoundProcess[] {
  return ON_LINUX ? listFromProc() : listFromPs();
}

/** Whether the process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !ON_LINUX || statFields(pid)?.[0] !== 'Z';
}

/**
 * When the process started, as opaque text: with the pid it names one process for good, although pids are used again.
 * Undefined when there is no such process.
 */
export function processStamp(pid: number): string | undefined {
  if (ON_LINUX) return statFields(pid)?.[19];
  return runPs(['-o', 'lstart=', '-p', String(pid)])[0]?.trim();
}

/** Fields of /proc/<pid>/stat from `state` on: the name before it may contain anything, even brackets. */
function statFields(pid: number): readonly string[] | undefined {
  const stat = readProc(`${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function listFromProc(): readonly FoundProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const command = readProc(`${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
    return command ? [{ pid: Number(pid), command }] : [];
  });
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined; // it ended in the meantime
  }
}

function listFromPs(): readonly FoundProcess[] {
  return runPs(['-axo', 'pid=,command=']).flatMap((line) => {
    const match = /^\s*(\d+)\s+(.+)$/.exec(line);
    return match ? [{ pid: Number(match[1]), command: match[2]!.trim() }] : [];
  });
}

function runPs(args: readonly string[]): readonly string[] {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch {
    return []; // ps exits 1 when nothing matches
  }
}
