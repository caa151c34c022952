import { childrenOf, statOf } from '../support/processes.js';

/** User and system time of a process and of all below it that live or lived; without Postgres servers. */
export function cpuSecondsOfTree(pid: number): number {
  const stat = statOf(pid);
  if (!stat || stat.name.startsWith('postgres')) return 0;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOfTree(child), stat.ownSeconds + stat.endedSeconds);
}

/** User and system time of this process's children that ended, and of theirs: exact, where samples would miss the short ones. */
export const cpuSecondsOfEndedChildren = (): number => statOf(process.pid)?.endedSeconds ?? 0;
