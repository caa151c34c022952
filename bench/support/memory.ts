import { readFileSync, readdirSync } from 'node:fs';

const SAMPLE_MS = 100;
const PAGE_BYTES = 4_096;
const SERVERS = /^(postgres|temporal)/;

export interface MemoryWatch {
  /** Largest resident memory so far of the process and its children, in bytes; without Postgres and Temporal. */
  peak(): number;
  /** Begins anew. @returns the peak until now */
  take(): number;
  stop(): void;
}

/** Linux only: elsewhere the peak stays 0. */
export function watchMemory(pid: number): MemoryWatch {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, treeBytes(pid));
  }, SAMPLE_MS);
  const take = (): number => {
    const until = peak;
    peak = 0;
    return until;
  };
  return { peak: () => peak, take, stop: () => clearInterval(timer) };
}

function treeBytes(pid: number): number {
  try {
    const command = readFileSync(`/proc/${pid}/comm`, 'utf8');
    if (SERVERS.test(command)) return 0;
    const own = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
    return childrenOf(pid).reduce((sum, child) => sum + treeBytes(child), own);
  } catch {
    return 0; // it ended while we looked
  }
}

function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
