/**
 * The command line as people and scripts have it: the build as a child process, without a terminal.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to stdin, which is closed then. */
  readonly input?: string;
}

export interface RunningCli {
  readonly outcome: Promise<Outcome>;
  stderr(): string;
  interrupt(): void;
  terminate(): void;
}

/** No API of the machine that runs the tests, no colours, no contexts of its user. */
export const CLEAN = {
  MILLRACE_URL: undefined,
  MILLRACE_API_KEY: undefined,
  MILLRACE_CONTEXT: undefined,
  MILLRACE_HOME: '/nonexistent/millrace',
  XDG_CONFIG_HOME: '/nonexistent/config',
  FORCE_COLOR: undefined,
  DATABASE_URL: undefined,
  TEMPORAL_ADDRESS: undefined,
};

export function startCli(args: readonly string[], { env = {}, input = '', cwd = process.cwd() }: RunOptions = {}): RunningCli {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...CLEAN, ...env } as NodeJS.ProcessEnv,
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // most commands leave without reading it
  child.stdin.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  const outcome = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  const send = (signal: NodeJS.Signals) => (): void => void child.kill(signal);
  return { outcome, stderr: () => stderr, interrupt: send('SIGINT'), terminate: send('SIGTERM') };
}

/** Runs a command to its end. */
export function runCli(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return startCli(args, options).outcome;
}
