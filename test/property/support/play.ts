/**
 * Plays a history of a table and runs of one stream over it, on real servers, and keeps what each run could see.
 * @module
 */
import { type DirectRuns, type Edge, Killed, startDirectRuns } from '../../support/direct-runs.js';
import { type Faults, type Rows, type Scene, type Step, openScene } from './history.js';

/** A run that was read to its end, with what the source held when it began. */
export interface Seen {
  readonly number: number;
  readonly delayed: boolean;
  readonly held: Rows;
  /** The moment of the run by the destination. */
  readonly asOf: string;
}

export interface Outcome {
  readonly scene: Scene;
  readonly runs: readonly Seen[];
  /** What the source holds at the end, when nobody writes any more. */
  readonly last: Rows;
}

export interface Mode {
  readonly stream: object;
  /** Rows may be given lower cursor values. */
  readonly setBack?: true;
  /** Looks after every run, also after one that died. */
  readonly afterRun?: (table: string) => Promise<void>;
  readonly check: (outcome: Outcome) => Promise<void>;
}

export interface Stage extends AsyncDisposable, Pick<DirectRuns, 'source' | 'destination'> {
  /** @throws when the mode does not hold what it promises */
  play(steps: readonly Step[], mode: Mode): Promise<void>;
}

/** Slices of about four blocks. */
const SLICE_BYTES = 20_000;

export async function openTheStage(): Promise<Stage> {
  const direct = await startDirectRuns({ sliceBytes: SLICE_BYTES });
  let scenes = 0;
  return {
    ...{ source: direct.source, destination: direct.destination },
    play: (steps, mode) => play(direct, { table: `t${scenes++}`, steps, mode }),
    [Symbol.asyncDispose]: () => direct[Symbol.asyncDispose](),
  };
}

interface Play {
  readonly table: string;
  readonly steps: readonly Step[];
  readonly mode: Mode;
}

async function play(direct: DirectRuns, { table, steps, mode }: Play): Promise<void> {
  await using scene = await openScene(direct.source, table);
  const connection = direct.connect([{ name: `public.${table}`, settle: '0s', ...mode.stream }]);
  const runs: Seen[] = [];
  const run = async (faults: Faults = {}): Promise<void> => {
    const held = await scene.current();
    const death = deathOf(faults);
    const { number, delayed, killed } = await connection.run({ ...faults, ...death });
    if (!killed || death.wasDone())
      runs.push({ number, delayed: delayed !== undefined, held, asOf: await asOf(direct, connection.id) });
    await mode.afterRun?.(table);
  };
  for (const step of steps) await (step.do === 'run' ? run(step.faults) : scene.apply(step));
  await scene.settle();
  await run();
  await mode.check({ scene, runs, last: await scene.current() });
  await direct.destination.query(`drop table ${table}`);
}

/** A run that dies behind its last load has done all its work, and only its answer is lost. */
function deathOf({ dies }: Faults) {
  let done = false;
  const atEdge = ({ slice, loaded, last }: Edge): void => {
    if (slice !== dies?.slice || loaded !== dies.loaded) return;
    done = loaded && last;
    throw new Killed();
  };
  return { atEdge, forgets: dies?.forgets === true, wasDone: () => done };
}

async function asOf({ destination }: DirectRuns, connection: string): Promise<string> {
  const [row] = await destination.query<{ at: string }>(
    `select raised_at::text as at from _millrace.connections where connection = '${connection}'`,
  );
  return row?.at ?? '';
}
