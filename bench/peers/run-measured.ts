import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watchMemory } from '../support/memory.js';
import { cpuSecondsOfEndedChildren } from './process-tree.js';

const TAIL_CHARACTERS = 100_000;

/** What a run of a process tree took; the Postgres servers are not in it. */
export interface Cost {
  readonly ms: number;
  /** User and system time of all processes. */
  readonly cpuSeconds: number;
  /** Largest resident memory of all processes together. */
  readonly peakBytes: number;
}

export interface MeasuredCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a command to its end. @throws Error with the end of stderr, or of stdout, when it does not exit with 0 */
export async function runMeasured({ command, args, env = {}, cwd }: MeasuredCommand): Promise<Cost> {
  const before = cpuSecondsOfEndedChildren();
  const begun = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const tails = [tailOf(child.stderr), tailOf(child.stdout)];
  const memory = watchMemory(child.pid ?? 0);
  try {
    const [code, signal] = await once(child, 'close');
    const ms = performance.now() - begun;
    if (code !== 0) throw new Error(tails.map((tail) => tail().trim()).find(Boolean) ?? `it ended with ${signal ?? code}`);
    return { ms, cpuSeconds: cpuSecondsOfEndedChildren() - before, peakBytes: memory.peak() };
  } finally {
    memory.stop();
  }
}

function tailOf(stream: NodeJS.ReadableStream): () => string {
  let tail = '';
  stream.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-TAIL_CHARACTERS);
  });
  return () => tail;
}
