/**
 * Contenders that take turns: what each needed, and where each core-second went.
 * @module
 */
import { type Spent, spentBy } from './memory.js';
import type { Measure } from './report.js';
import type { BenchStack } from './stack.js';

export interface Contender {
  readonly name: string;
  /** Whose processes its own CPU and memory are counted by; servers are counted apart. */
  readonly by: 'millrace' | 'hand';
  readonly run: (round: number) => Promise<Timed>;
}

export interface Timed {
  readonly ms: number;
  /** Where it knows its own better than a look at all processes: without the start of one. */
  readonly cpuSeconds?: number;
}

export interface Turn {
  readonly ms: number;
  readonly cpu: { readonly own: number; readonly duckdb: number; readonly postgres: number; readonly temporal: number };
  readonly peakBytes: number;
}

export type Turns = readonly { readonly contender: Contender; readonly turns: readonly Turn[] }[];

export interface TurnOptions {
  readonly rounds: number;
  /** Once in every round, not measured. */
  readonly beforeRound?: (round: number) => Promise<unknown>;
  /** Before every turn, not measured: an empty target, nothing left to write back. */
  readonly beforeTurn?: (contender: Contender) => Promise<unknown>;
}

/** Every other round goes the other way, so that nobody always follows the same one. */
export async function takeTurns(stack: BenchStack, contenders: readonly Contender[], options: TurnOptions): Promise<Turns> {
  const taken = contenders.map((contender) => ({ contender, turns: [] as Turn[] }));
  for (let round = 0; round < options.rounds; round++) {
    await options.beforeRound?.(round);
    for (const { contender, turns } of round % 2 === 0 ? taken : taken.toReversed()) {
      await options.beforeTurn?.(contender);
      const { result, spent } = await spentBy(stack.pid, () => contender.run(round));
      turns.push(turnOf(contender, result, spent));
    }
  }
  return taken;
}

function turnOf({ by }: Contender, { ms, cpuSeconds }: Timed, spent: Spent): Turn {
  const { duckdb, postgres, temporal } = spent.cpuSeconds;
  return { ms, cpu: { own: cpuSeconds ?? spent.cpuSeconds[by], duckdb, postgres, temporal }, peakBytes: spent.peaks[by] };
}

/** @param rows that every turn moves; without them nothing is said of rows a second */
export function measuresOfTurns(turns: Turns, rows?: number): Measure[] {
  return [
    ...turns.flatMap(({ contender: { name }, turns: own }) => timesOf(name, own, rows)),
    ...ratios(turns),
    ...turns.flatMap(({ contender, turns: own }) => costsOf(contender, own)),
  ];
}

function timesOf(name: string, turns: readonly Turn[], rows: number | undefined): Measure[] {
  const times: Measure = { name, unit: 'ms', values: turns.map(({ ms }) => ms) };
  if (rows === undefined) return [times];
  return [times, { name, unit: 'rows/s', values: turns.map(({ ms }) => (rows / ms) * 1_000) }];
}

/** How fast Millrace is beside each peer; turns of one round are compared. */
function ratios(turns: Turns): Measure[] {
  const of = (by: Contender['by']): Turns => turns.filter(({ contender }) => contender.by === by);
  return of('millrace').flatMap((own) =>
    of('hand').map((peer) => ({
      name: `speed of ${own.contender.name} against ${peer.contender.name}`,
      unit: '×' as const,
      values: peer.turns.map(({ ms }, round) => ms / (own.turns[round]?.ms ?? NaN)),
    })),
  );
}

function costsOf({ name, by }: Contender, turns: readonly Turn[]): Measure[] {
  const cpu = (part: keyof Turn['cpu'], label: string): Measure => ({
    name: `${name}: CPU ${label}`,
    unit: 's',
    values: turns.map((turn) => turn.cpu[part]),
  });
  const transforms = turns.some((turn) => turn.cpu.duckdb > 0) ? [cpu('duckdb', 'of transform processes')] : [];
  const servers = [cpu('postgres', 'of Postgres'), ...(by === 'millrace' ? [cpu('temporal', 'of Temporal')] : [])];
  const peak: Measure = { name: `${name}: peak memory`, unit: 'MB', values: turns.map(({ peakBytes }) => peakBytes / 1e6) };
  return [cpu('own', 'of its own'), ...(by === 'millrace' ? transforms : []), ...servers, peak];
}
