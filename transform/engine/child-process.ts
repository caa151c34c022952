import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JobResult, TransformJob } from './protocol.js';

/** How a child ended that was not asked to. */
export class ChildDied extends Error {
  constructor(
    readonly exitCode: number | null,
    readonly signal: NodeJS.Signals | null,
    readonly stderr: string,
    /** False when it ended before it could take a job: then the job is not to blame. */
    readonly started: boolean,
  ) {
    super(`the process ended with ${signal ?? `code ${exitCode}`}`);
  }
}

const STDERR_KEPT = 2_000;

/** The compiled entry; the sources themselves are run by the test runner, which a plain Node child cannot do. */
function childEntry(): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(here.endsWith('.ts') ? '../../dist/transform/engine/child.js' : './child.js', here));
}

/** One DuckDB runner in a process of its own: nothing of our environment, a small JavaScript heap, no inherited handles. */
export class TransformChild {
  readonly #child: ChildProcess;
  #stderr = '';
  #started = false;
  #working = false;
  jobs = 0;

  constructor() {
    this.#child = fork(childEntry(), [], {
      cwd: '/',
      env: {},
      execArgv: ['--max-old-space-size=256'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#child.once('message', () => {
      this.#started = true;
    });
    this.#child.on('error', () => undefined);
    this.#keepsParentAlive(false);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  /** It lives and has answered every job it was given. */
  get ready(): boolean {
    return this.alive && !this.#working;
  }

  /** @throws ChildDied when the process ends before it answers */
  async run(job: TransformJob): Promise<JobResult> {
    this.jobs += 1;
    this.#working = true;
    this.#keepsParentAlive(true);
    try {
      const result = await this.#ask(job);
      this.#working = false;
      return result;
    } finally {
      this.#keepsParentAlive(false);
    }
  }

  /** Ends the process at once, whatever it does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#keepsParentAlive(true);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #ask(job: TransformJob): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#child.off('message', answered).off('close', died);
        finish();
      };
      const answered = (message: JobResult | 'ready') => {
        if (message !== 'ready') settle(() => resolve(message));
      };
      const died = (code: number | null, signal: NodeJS.Signals | null) =>
        settle(() => reject(new ChildDied(code, signal, this.#stderr, this.#started)));
      this.#child.on('message', answered).on('close', died);
      this.#child.send(job, (error) => error && this.alive && settle(() => reject(error)));
    });
  }

  #keepsParentAlive(yes: boolean): void {
    const handles = [this.#child, this.#child.channel, this.#child.stderr as unknown as { ref(): void; unref(): void } | null];
    for (const handle of handles)
      if (yes) handle?.ref();
      else handle?.unref();
  }
}
