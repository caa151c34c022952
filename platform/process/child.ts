/**
 * Servers that Millrace starts itself: own process group (so that Ctrl-C reaches only Millrace, which then stops them in
 * order), output straight into a log file, an end that is reported, and a stop that always ends.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError } from '../errors/error.js';
import type { Invocation } from './invocation.js';

export interface ServerSpec extends Invocation {
  /** For messages: "Postgres", "the Temporal server". */
  readonly name: string;
  readonly logFile: string;
  /** Sent one after the other, each with `graceMs`; SIGKILL comes last by itself. */
  readonly stopSignals: readonly NodeJS.Signals[];
  readonly graceMs: number;
  readonly env?: NodeJS.ProcessEnv;
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves with one sentence when the process ends, for whatever reason; never rejects. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  stop(): Promise<void>;
  /** Ends it at once, for a way out that cannot wait. */
  kill(): void;
}

/** Servers that run now. However this process ends, short of SIGKILL, they are told to end with it. */
const running = new Map<ChildProcess, ServerSpec>();
process.on('exit', () => {
  for (const [child, spec] of running) child.kill(spec.stopSignals[0]);
});

const LARGEST_LOG_BYTES = 16 * 1024 * 1024;

/** @throws MillraceError `setup.unavailable` when the program cannot be run */
export async function startServer(spec: ServerSpec): Promise<ServerProcess> {
  const log = openLog(spec.logFile);
  try {
    const child = spawn(spec.command, spec.args, {
      stdio: ['ignore', log, log],
      detached: true,
      cwd: '/', // the user it runs as may not be allowed into ours
      env: spec.env ?? process.env,
      ...spec.user,
    });
    await spawned(child, spec);
    return supervise(child, spec);
  } finally {
    closeSync(log);
  }
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGEST_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function spawned(child: ChildProcess, spec: ServerSpec): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new MillraceError('setup.unavailable', { detail: `${spec.name} cannot be started: ${cause.message}`, cause })),
    );
  });
}

function supervise(child: ChildProcess, spec: ServerSpec): ServerProcess {
  let over = false;
  running.set(child, spec);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      over = true;
      running.delete(child);
      resolve(`${spec.name} ended ${signal ? `by ${signal}` : `with exit code ${code}`}; see ${spec.logFile}`);
    });
  });
  return {
    pid: child.pid!,
    ended,
    hasEnded: () => over,
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      for (const signal of [...spec.stopSignals, 'SIGKILL' as const]) {
        if (over) return;
        child.kill(signal);
        await Promise.race([ended, delay(spec.graceMs)]);
      }
    },
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** The last lines of a log file, for an error message; empty when there is none. */
export async function lastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
