import type { Fault, FaultKind } from './plan.js';
import type { Run } from './requests.js';
import type { TableReport } from './verify.js';

/** All figures of one run, as `--json` prints them. */
export interface ChaosReport {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Faults of the plan that this machine cannot have, with the reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly runs: Readonly<Record<string, number>>;
  /** Why runs did not succeed, by the code of their error. */
  readonly errors: Readonly<Record<string, number>>;
  readonly writes: { readonly committed: number; readonly rolledBack: number; readonly failed: number };
  readonly rows: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Rows of keyed tables with other contents than in the source, and rows that never were there. */
  readonly wrong: number;
  readonly tables: readonly TableReport[];
  /** How often the overwritten table was read while it changed, and how often it was not whole. */
  readonly reads: number;
  readonly tornReads: number;
  /** Requests that were accepted, and those among them whose run never ended. */
  readonly requests: number;
  readonly lostRequests: number;
  readonly doubledKeys: number;
  /** Pairs of runs of one connection that were active at the same time. */
  readonly overlappingRuns: number;
  /** Answers of the API by status; 0 = none. */
  readonly answers: Readonly<Record<number, number>>;
  /** How often a process ended without being told to. */
  readonly ownEnds: number;
  /** Whatever else is not as it should be. */
  readonly complaints: readonly string[];
}

export function passed(report: ChaosReport): boolean {
  const { lost, duplicated, wrong, tornReads, lostRequests, doubledKeys, overlappingRuns, complaints } = report;
  return lost + duplicated + wrong + tornReads + lostRequests + doubledKeys + overlappingRuns + complaints.length === 0;
}

export function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}

export const countKinds = (faults: readonly Fault[]): Record<string, number> => countBy(faults, ({ kind }) => kind);

/** Runs of one connection, by their number, of which one began before the one before it had ended. */
export function countOverlaps(runs: readonly Run[]): number {
  const began = runs.filter((run) => run.startedAt !== null).toSorted((a, b) => a.number - b.number);
  return began.slice(1).filter((run, index) => run.startedAt! < (began[index]!.endedAt ?? '9')).length;
}

export function printReport(report: ChaosReport): string {
  const { seed, seconds, faults, leftOut, runs, writes, tables } = report;
  const count = (counts: Readonly<Record<string, number>>): string => total(counts).toLocaleString('en-US');
  return [
    `seed       ${seed}`,
    `time       ${seconds} s`,
    `faults     ${count(faults)}: ${list(faults)}`,
    ...(total(leftOut) > 0 ? [`left out   ${count(leftOut)}: ${list(leftOut)}`] : []),
    `runs       ${count(runs)}: ${list(runs)}`,
    `errors     ${list(report.errors) || 'none'}`,
    `writes     ${list(writes)}`,
    `answers    ${list(report.answers)}`,
    `requests   ${report.requests}, lost ${report.lostRequests}, keys with two runs ${report.doubledKeys}, runs side by side ${report.overlappingRuns}`,
    `reads      ${report.reads} of the overwritten table, not whole ${report.tornReads}`,
    ...tables.map((table) => tableLine(table)),
    `rows       ${report.rows.toLocaleString('en-US')}`,
    `lost       ${report.lost}`,
    `duplicated ${report.duplicated}`,
    `wrong      ${report.wrong}`,
    ...report.complaints.map((complaint) => `✗ ${complaint}`),
    passed(report) ? '✓ every destination equals its source' : `✗ seed ${seed} failed`,
    '',
  ].join('\n');
}

function tableLine({ table, rows, lost, duplicated, wrong, examples }: TableReport): string {
  const figures = `${rows.toLocaleString('en-US')} rows, lost ${lost}, duplicated ${duplicated}, wrong ${wrong}`;
  return `  ${table.padEnd(16)} ${figures}${examples?.length ? `: ${examples.join('; ')}` : ''}`;
}

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

function list(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ');
}
