import { readFileSync, readdirSync } from 'node:fs';

/** Ticks of `/proc/<pid>/stat` a second: 100 on every Linux. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process and of all below it that live or lived; without Postgres servers. */
export function cpuSecondsOfTree(pid: number): number {
  if (readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')) return 0;
  const own = cpuTicks(String(pid)).reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOfTree(child), own);
}

/** User and system time of this process's children that ended, and of theirs: exact, where samples would miss the short ones. */
export function cpuSecondsOfEndedChildren(): number {
  const [, , user = NaN, system = NaN] = cpuTicks('self');
  return (user + system) / TICKS_PER_SECOND;
}

/** utime, stime, cutime and cstime; they follow the name, which may hold spaces and brackets. */
function cpuTicks(pid: string): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map(Number);
}

function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
