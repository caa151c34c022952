import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOCK = '.cache/launch.lock';
const OLDEST_MS = 20 * 60_000;

/** Installing and building happen once at a time in a clone; who comes second waits and then finds them done. */
export async function withLaunchLock(work) {
  mkdirSync('.cache', { recursive: true });
  let said = false;
  while (!tryLock()) {
    if (removeStale()) continue;
    if (!said) console.error(`Waiting for another launch in this folder (pid ${holder()}) …`);
    said = true;
    await sleep(200);
  }
  process.once('exit', release);
  try {
    work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function tryLock() {
  const draft = `${LOCK}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, LOCK);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function removeStale() {
  const pid = holder();
  const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  const stale = pid !== undefined && (!isAlive(pid) || age > OLDEST_MS);
  if (stale && holder() === pid) rmSync(LOCK, { force: true });
  return stale;
}

function holder() {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function release() {
  if (holder() === process.pid) rmSync(LOCK, { force: true });
}
