import { isAlive, listProcesses } from './inspect.js';
import { until } from './wait.js';

const GRACE_MS = 10_000;

/** Pids of the running processes whose command line contains all of `marks`. */
export function findByCommand(marks: readonly string[]): readonly number[] {
  const found = listProcesses().filter(({ command }) => marks.every((mark) => ` ${command} `.includes(mark)));
  return found.map(({ pid }) => pid).filter((pid) => pid !== process.pid);
}

/**
 * Ends processes that a killed stack left behind. Only for pids that {@link findByCommand} named a moment ago.
 * @returns whether all of them are gone
 */
export async function endOrphans(pids: readonly number[], signals: readonly NodeJS.Signals[]): Promise<boolean> {
  for (const signal of [...signals, 'SIGKILL' as const]) {
    const alive = pids.filter(isAlive);
    if (alive.length === 0) return true;
    for (const pid of alive) trySignal(pid, signal);
    await until(() => !pids.some(isAlive), { timeoutMs: GRACE_MS });
  }
  return !pids.some(isAlive);
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended in the meantime, or is not ours to end, which the caller sees
  }
}
