import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MillraceProcess, startProcess } from '../support/millrace-process.js';
import { waitFor } from '../support/wait-for.js';

export interface ServiceOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Everything it says goes there when it has ended. */
  readonly logFile: string;
}

/** What `millrace api` and `millrace worker` say when they are up. */
const READY = /is ready/;
const RESTART_MS = 300;
const READY_MS = 180_000;
/** The worker's own limit is 20 s; the machine may be busy. */
const DRAIN_MS = 60_000;

/** A real process that is started again whenever it ends, as a service manager would. */
export class Service {
  #process: MillraceProcess | undefined;
  #mayStart: Promise<unknown> = Promise.resolve();
  #stopped = false;
  readonly #running: Promise<void>;
  /** How often it ended without being told to. */
  ownEnds = 0;

  constructor(readonly options: ServiceOptions) {
    this.#running = this.#keepRunning();
  }

  /** Everything that the process of the moment wrote; nothing when there is none. */
  said(): string {
    return this.#process?.output() ?? '';
  }

  /** Back when the process of the moment has said that it is ready. */
  async ready(): Promise<void> {
    await waitFor(() => READY.test(this.said()), { what: `${this.options.name} is ready`, timeoutMs: READY_MS });
  }

  /** Sends the signal, keeps the process down for so long after its end, and waits until the next one is ready. */
  async end(signal: 'SIGKILL' | 'SIGTERM', downMs: number): Promise<void> {
    await this.ready();
    const process = this.#process;
    if (!process) return this.end(signal, downMs);
    const down = process.exited.then(() => sleep(downMs));
    this.#mayStart = down;
    this.ownEnds -= 1;
    await this.#signal(process, signal);
    await down;
    await this.ready();
  }

  /** Stops it in its tracks for so long; it never knows. */
  async freeze(forMs: number): Promise<void> {
    await this.ready();
    const { pid } = this.#process!;
    process.kill(pid, 'SIGSTOP');
    await sleep(forMs);
    process.kill(pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#process?.kill('SIGKILL');
    await this.#running;
  }

  /** @throws Error when a process that should drain does not end */
  async #signal(process: MillraceProcess, signal: NodeJS.Signals): Promise<void> {
    const deadline = new AbortController();
    const late = sleep(DRAIN_MS, 'late', { signal: deadline.signal }).catch(() => 'ended');
    const end = await Promise.race([process.kill(signal), late]);
    deadline.abort();
    if (end !== 'late') return;
    await process.kill('SIGKILL');
    throw new Error(`${this.options.name} did not end within ${DRAIN_MS} ms after ${signal}`);
  }

  async #keepRunning(): Promise<void> {
    while (!this.#stopped) {
      const process = startProcess(this.options.args, { env: this.options.env });
      this.#process = process;
      const { code, signal } = await process.exited;
      this.#process = undefined;
      this.ownEnds += 1;
      await appendFile(this.options.logFile, `${process.output()}\n— ended: ${signal ?? code} —\n`);
      await sleep(RESTART_MS);
      await this.#mayStart;
    }
  }
}
