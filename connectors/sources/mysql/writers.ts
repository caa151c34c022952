/**
 * Who may still write rows below a bound, told from what the server shows of sessions and transactions. Values are given when
 * a statement begins (`now()`) or when it inserts (`auto_increment`), so a session counts while a statement runs, and from the
 * first row that it wrote until its transaction ends. Whoever begins a statement later gets larger values.
 * @module
 */
import { READ_MARK } from './session.js';

/** A session as the process list shows it. */
export interface Process {
  readonly id: string;
  readonly user: string | null;
  readonly command: string | null;
  readonly info: string | null;
  /** Since when the statement runs, in seconds of the server's clock, if not a little later than this. */
  readonly since: string;
}

/** A transaction that has changed rows. */
export interface Transaction {
  readonly id: string;
  /** 0 for a prepared one that no session holds any more. */
  readonly process: string;
}

/** What one look at the server shows. */
export interface Look {
  /** The server's clock before the look, in seconds. */
  readonly at: number;
  readonly processes: readonly Process[];
  readonly transactions: readonly Transaction[];
}

/** Somebody who is waited for. */
export type Writer =
  | { readonly kind: 'statement'; readonly process: string }
  | { readonly kind: 'transaction'; readonly id: string; readonly process: string };

const IDLE = new Set([
  'Sleep',
  'Daemon',
  'Binlog Dump',
  'Binlog Dump GTID',
  'Register Slave',
  'Register Replica',
  'Quit',
  'Ping',
]);
const NOBODY = new Set(['unauthenticated user', 'event_scheduler']);
/** Behind comments and brackets; what else may begin a statement may write. */
const READS =
  /^(?:\s|\(|\/\*(?!!)(?:[^*]|\*(?!\/))*\*\/|--\s[^\n]*\n|#[^\n]*\n)*(select|show|explain|describe|desc|use|kill|begin|start\s+transaction)\b/i;

/** Seconds; the age of a statement is rounded. */
const CLOCK_SLACK = 0.01;

export function isReplication({ user, command }: Process): boolean {
  const commands = ['Slave_IO', 'Slave_SQL', 'Slave_worker'];
  return commands.includes(command ?? '') || (user === 'system user' && command !== 'Daemon');
}

/** Whether a session may be writing; a statement whose text does not show yet may. */
function mayWrite(process: Process): boolean {
  const { user, command, info } = process;
  if (IDLE.has(command ?? '') || NOBODY.has(user ?? '') || isReplication(process)) return false;
  return info === null || !(info.startsWith(READ_MARK) || READS.test(info));
}

/** Everybody of one look. */
export function writersOf({ processes, transactions }: Look): readonly Writer[] {
  const holders = new Set(transactions.map(({ process }) => process));
  const statements = processes.filter((process) => !holders.has(process.id) && mayWrite(process));
  return [
    ...transactions.map(({ id, process }): Writer => ({ kind: 'transaction', id, process })),
    ...statements.map(({ id }): Writer => ({ kind: 'statement', process: id })),
  ];
}

/**
 * Who of those that are waited for has not ended. A statement goes on as the transaction of its session, if that has changed
 * rows; a later statement of the same session is another one.
 *
 * @param since When they were first seen, in seconds of the server's clock.
 */
export function stillWriting(waiting: readonly Writer[], look: Look, since: number): readonly Writer[] {
  const byProcess = new Map(look.transactions.map((transaction) => [transaction.process, transaction]));
  return waiting.flatMap((writer): Writer[] => {
    if (writer.kind === 'transaction') return look.transactions.some(({ id }) => id === writer.id) ? [writer] : [];
    const transaction = byProcess.get(writer.process);
    if (transaction) return [{ kind: 'transaction', ...transaction }];
    const process = look.processes.find(({ id }) => id === writer.process);
    return process && mayWrite(process) && Number(process.since) <= since + CLOCK_SLACK ? [writer] : [];
  });
}

export function inWords(writers: readonly Writer[], { processes }: Look): string {
  const named = writers.slice(0, 3).map((writer) => {
    if (writer.process === '0') return 'a prepared transaction';
    const user = processes.find(({ id }) => id === writer.process)?.user;
    return `connection ${writer.process}${user ? ` (${user})` : ''}`;
  });
  return [...named, ...(writers.length > 3 ? [`${writers.length - 3} more`] : [])].join(', ');
}
