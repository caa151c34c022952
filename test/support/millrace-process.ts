/**
 * Millrace as a real child process, for tests that kill it.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StackFile } from '../../platform/config/runtime.js';
import { waitFor } from './wait-for.js';

/** The build, whether this module runs from its source or from the build itself. */
const MAIN = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/cli/main.js' : '../../cli/main.js', import.meta.url),
);

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface MillraceProcess extends AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Everything it wrote to stdout and stderr so far. */
  output(): string;
  /** Sends the signal and waits until the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  hasExited(): boolean;
}

export interface ProcessOptions {
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Ports that the tests of one machine never fight over. */
const FREE_PORTS = { MILLRACE_API_PORT: '0', MILLRACE_PG_PORT: '0', MILLRACE_TEMPORAL_PORT: '0', MILLRACE_TEMPORAL_UI_PORT: '0' };
const NOT_OURS = { DATABASE_URL: undefined, TEMPORAL_ADDRESS: undefined, MILLRACE_HOME: undefined };

/** Starts `dist/cli/main.js` with these arguments. It is ended by SIGKILL when the test lets go of it. */
export function startProcess(args: readonly string[], { env = {} }: ProcessOptions = {}): MillraceProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16', ...FREE_PORTS, ...NOT_OURS, ...env } as NodeJS.ProcessEnv,
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const exited = once(child, 'exit').then(([code, signal]): Exit => ({ code, signal }));
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const kill = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return exited;
  };
  const end = async (): Promise<void> => void (hasExited() || (await kill('SIGKILL')));
  return { pid: child.pid!, exited, hasExited, kill, output: () => chunks.join(''), [Symbol.asyncDispose]: end };
}

export interface StackProcess extends MillraceProcess {
  readonly facts: StackFile;
  readonly apiKey: string;
}

/** `millrace start` over `home`, back when `/readyz` says so. @throws Error with its output when it ends before */
export async function startStackProcess(home: string, options: ProcessOptions = {}): Promise<StackProcess> {
  const running = startProcess(['start'], { env: { MILLRACE_HOME: home, ...options.env } });
  try {
    const ready = waitFor(() => readyFacts(home, running), { what: 'the stack is ready', timeoutMs: 90_000, everyMs: 20 });
    ready.catch(() => undefined); // it may lose the race
    const facts = await Promise.race([ready, running.exited.then(refuseExit)]);
    return { ...running, facts, apiKey: readFileSync(facts.apiKeyFile, 'utf8').trim() };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw new Error(`${(error as Error).message}\n${running.output()}`, { cause: error });
  }
}

function refuseExit({ code, signal }: Exit): never {
  throw new Error(`it ended before it was ready (${signal ?? code})`);
}

/** The stack's facts once it is ready; a file of an earlier stack over the same home does not count. */
async function readyFacts(home: string, running: MillraceProcess): Promise<StackFile | undefined> {
  const file = join(home, 'stack.json');
  if (!existsSync(file)) return undefined;
  const facts = JSON.parse(readFileSync(file, 'utf8')) as StackFile;
  if (facts.pid !== running.pid) return undefined;
  const answer = await fetch(`${facts.apiUrl}/readyz`);
  return answer.ok ? facts : undefined;
}
