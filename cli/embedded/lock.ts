import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { MillraceError } from '../../platform/errors/error.js';
import { processStamp } from '../../platform/process/inspect.js';

export interface HomeLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** With it a pid that is used again by another program does not count as the holder. */
  readonly stamp: string;
}

const ATTEMPTS = 5;

/**
 * Makes this process the only one over a home. The lock of a process that is gone is taken over.
 * @throws MillraceError `setup.unavailable` when another stack runs there
 */
export function lockHome(lockFile: string): HomeLock {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (tryCreate(lockFile)) return { release: () => rmSync(lockFile, { force: true }) };
    const seen = readLock(lockFile);
    if (seen === undefined) continue;
    const holder = parseHolder(seen);
    if (holder && processStamp(holder.pid) === holder.stamp) throw alreadyRunning(lockFile, holder.pid);
    removeStale(lockFile, seen);
  }
  throw new MillraceError('setup.unavailable', { detail: `${lockFile} changes all the time: other stacks start there, too.` });
}

/** A hard link either makes the lock with its whole content, or fails because there is one. */
function tryCreate(lockFile: string): boolean {
  const draft = `${lockFile}.${process.pid}.tmp`;
  const self: Holder = { pid: process.pid, stamp: processStamp(process.pid) ?? '' };
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    linkSync(draft, lockFile);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Two may find the same stale lock: who moves away a fresh one instead puts it back. */
function removeStale(lockFile: string, seen: string): void {
  const aside = `${lockFile}.${process.pid}.stale`;
  try {
    renameSync(lockFile, aside);
    if (readFileSync(aside, 'utf8') !== seen) linkSync(aside, lockFile);
  } catch {
    // another one was faster; the next attempt sees what it did
  } finally {
    rmSync(aside, { force: true });
  }
}

function readLock(lockFile: string): string | undefined {
  try {
    return readFileSync(lockFile, 'utf8');
  } catch {
    return undefined; // released in the meantime
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, stamp } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof stamp === 'string' ? { pid, stamp } : undefined;
  } catch {
    return undefined;
  }
}

function alreadyRunning(lockFile: string, pid: number): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `A stack already runs over this folder (pid ${pid}, lock ${lockFile}).`,
    suggestion: `Use that one, stop it first, or set MILLRACE_HOME to another folder for a second one.`,
  });
}
