/**
 * The command line as a person has it: the build on a real terminal, which Python opens.
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { waitFor } from '../../support/wait-for.js';
import { CLEAN, MAIN, type RunOptions } from './cli.js';

const TERMINAL = fileURLToPath(new URL('terminal.py', import.meta.url));
const NO_PYTHON = spawnSync('python3', ['-c', 'import pty']).status !== 0;

/** Where there is no Python with terminals; in CI there is one, and tests fail without it. */
export const noTerminal = NO_PYTHON && !process.env['CI'];

export const ENTER = '\r';
export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';

export interface Terminal {
  /** All that has been shown, without colours and movements of the cursor. */
  shown(): string;
  /** Waits until it is shown. */
  sees(text: string | RegExp): Promise<void>;
  type(keys: string): void;
  /** The exit code, and all that was shown. */
  readonly end: Promise<{ readonly code: number | null; readonly shown: string }>;
}

/** Not as in CI, unless `env` says so: there, nobody is asked anything. */
export function onTerminal(args: readonly string[], { env = {}, cwd = process.cwd() }: Omit<RunOptions, 'input'> = {}): Terminal {
  const child = spawn('python3', [TERMINAL, process.execPath, MAIN, ...args], {
    env: { ...process.env, ...CLEAN, CI: undefined, TERM: 'xterm', ...env } as NodeJS.ProcessEnv,
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const shown = (): string => stripVTControlCharacters(output).replaceAll('\r', '');
  const isSeen = (text: string | RegExp): boolean => (typeof text === 'string' ? shown().includes(text) : text.test(shown()));
  return {
    shown,
    sees: async (text) => void (await waitFor(() => isSeen(text), { what: `${text} is shown`, timeoutMs: 60_000 })),
    type: (keys) => void child.stdin.write(keys),
    end: once(child, 'close').then(([code]) => ({ code: code as number | null, shown: shown() })),
  };
}
