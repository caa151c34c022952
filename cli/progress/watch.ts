/**
 * Follows a run until it ends: a frame that is drawn again and again on a terminal, a line every ten seconds elsewhere.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Run } from '../../client/index.js';
import { say } from '../output/report.js';
import { PLAIN, styleFor } from '../output/style.js';
import { count } from '../output/text.js';
import { countsOf, frameOf } from './frame.js';

const OPEN: ReadonlySet<string> = new Set(['queued', 'running']);
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 500;
const LINE_MS = 10_000;

export interface Progress {
  show(run: Run): void;
  /** Clears what is drawn, so that other lines can follow. */
  done(): void;
}

export function isOpen({ status, endedAt }: Pick<Run, 'status' | 'endedAt'>): boolean {
  return OPEN.has(status) || endedAt === null;
}

/** Looks at the run, ever more slowly, until it has ended or the signal fires. @returns the last that was seen of it */
export async function watchRun(api: Client, first: Run, signal: AbortSignal, progress: Progress): Promise<Run> {
  let run = first;
  try {
    for (let pause = FIRST_LOOK_MS; isOpen(run) && !signal.aborted; pause = Math.min(pause * 1.3, LONGEST_LOOK_MS)) {
      progress.show(run);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) run = await api.getRun({ id: run.id });
    }
    return run;
  } finally {
    progress.done();
  }
}

export interface ProgressOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly planned?: readonly string[];
}

export function progressFor(stream: NodeJS.WriteStream, { env = process.env, planned = [] }: ProgressOptions = {}): Progress {
  return stream.isTTY && env['TERM'] !== 'dumb' && !env['CI'] ? drawnProgress(stream, { env, planned }) : lineProgress(say);
}

function drawnProgress(stream: NodeJS.WriteStream, { env, planned }: Required<ProgressOptions>): Progress {
  const style = styleFor(stream, env);
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) stream.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  return {
    show: (run) => {
      const lines = frameOf(run, { width: (stream.columns || 80) - 1, style, nowMs: Date.now(), planned });
      clear();
      stream.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    done: clear,
  };
}

/** One line when the state of the run changes, and every ten seconds. */
export function lineProgress(write: (line: string) => void, now: () => number = Date.now): Progress {
  let lastAt = -Infinity;
  let lastStatus = '';
  return {
    show: (run) => {
      const at = now();
      if (run.status === lastStatus && at - lastAt < LINE_MS) return;
      [lastAt, lastStatus] = [at, run.status];
      write(lineOf(run, at));
    },
    done: () => undefined,
  };
}

function lineOf(run: Run, nowMs: number): string {
  const [head = ''] = frameOf({ ...run, streams: [] }, { width: 80, style: PLAIN, nowMs });
  const total = (of: (rows: Run['streams'][number]['rows']) => number): string =>
    count(run.streams.reduce((sum, { rows }) => sum + of(rows), 0));
  if (run.streams.length === 0) return head;
  return `${head}: ${countsOf(run.streams)}; ${total((rows) => rows.extracted)} read, ${total((rows) => rows.loaded)} loaded`;
}
