/**
 * What processes have used so far, by the part that they play. Linux only: elsewhere everything is 0.
 * @module
 */
import { readFileSync, readdirSync } from 'node:fs';

/**
 * `millrace`: API and worker in one process. `duckdb`: its children that run SQL of users. `hand`: what a benchmark starts
 * beside the stack, such as `psql`.
 */
export const ROLES = ['millrace', 'duckdb', 'postgres', 'temporal', 'hand'] as const;
export type Role = (typeof ROLES)[number];

export interface Usage {
  /** Of processes that run, and of those that have ended and were waited for. */
  readonly cpuSeconds: Readonly<Record<Role, number>>;
  /** Resident memory of those that run. */
  readonly bytes: Readonly<Record<Role, number>>;
}

export interface ProcessStat {
  readonly name: string;
  readonly ownSeconds: number;
  /** Of children that have ended. */
  readonly endedSeconds: number;
  readonly bytes: number;
}

const PAGE_BYTES = 4_096;
/** Fixed by the kernel's interface to programs, whatever its own clock does. */
const TICKS_A_SECOND = 100;

const MAX_LOOKS = 20;

/**
 * Like `usageNow`, but of a moment in which nothing began or ended: what ends while we look is counted neither as running nor
 * as ended, or as both.
 */
export function usageOfMoment(stackPid: number): Usage {
  let sum = look(stackPid);
  for (let looks = 1; looks < MAX_LOOKS; looks++) {
    const next = look(stackPid);
    if (next.pids.join() === sum.pids.join()) return next;
    sum = next;
  }
  return sum;
}

/** Usage of the tree below `stackPid`, and of this process's other children. */
export const usageNow = (stackPid: number): Usage => look(stackPid);

function look(stackPid: number): Sum {
  const sum = new Sum();
  sum.visit(stackPid, 'millrace');
  sum.add('hand', { seconds: statOf(process.pid)?.endedSeconds ?? 0 });
  for (const child of childrenOf(process.pid)) if (child !== stackPid && !isServer(child)) sum.visit(child, 'hand');
  return sum;
}

/** A source of a suite that is no part of the stack: nobody's own work. */
const isServer = (pid: number): boolean => statOf(pid)?.name.startsWith('mariadbd') === true;

class Sum implements Usage {
  readonly cpuSeconds = zeros();
  readonly bytes = zeros();
  readonly pids: number[] = [];

  visit(pid: number, role: Role): void {
    const stat = statOf(pid);
    if (!stat) return;
    this.pids.push(pid);
    this.add(role, { seconds: stat.ownSeconds, bytes: stat.bytes });
    this.add(role === 'millrace' ? 'duckdb' : role, { seconds: stat.endedSeconds });
    for (const child of childrenOf(pid)) this.visit(child, roleOfChild(role, statOf(child)?.name ?? ''));
  }

  add(role: Role, { seconds = 0, bytes = 0 }: { readonly seconds?: number; readonly bytes?: number }): void {
    this.cpuSeconds[role] += seconds;
    this.bytes[role] += bytes;
  }
}

/** The servers of a stack are children of Millrace, and so are the processes that transform. */
export function roleOfChild(parent: Role, name: string): Role {
  if (parent !== 'millrace') return parent;
  if (name.startsWith('postgres')) return 'postgres';
  return name.startsWith('temporal') ? 'temporal' : 'duckdb';
}

/** Fields of `/proc/<pid>/stat` as in proc(5); the name may hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat {
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' '); // begins with field 3
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    ownSeconds: (field(14) + field(15)) / TICKS_A_SECOND,
    endedSeconds: (field(16) + field(17)) / TICKS_A_SECOND,
    bytes: field(24) * PAGE_BYTES,
  };
}

const zeros = (): Record<Role, number> => ({ millrace: 0, duckdb: 0, postgres: 0, temporal: 0, hand: 0 });

export const statOf = (pid: number): ProcessStat | undefined =>
  unlessGone(() => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')), undefined);

/** Each thread has children of its own, and may end while we look. */
export function childrenOf(pid: number): number[] {
  return unlessGone(() => readdirSync(`/proc/${pid}/task`), []).flatMap((thread) => {
    const list = unlessGone(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'), '');
    return list.split(' ').filter(Boolean).map(Number);
  });
}

function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
