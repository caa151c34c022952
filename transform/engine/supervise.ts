import { MillraceError } from '../../platform/errors/error.js';
import { ChildDied, type TransformChild } from './child-process.js';
import { withChild } from './pool.js';
import type { JobDone, TransformJob } from './protocol.js';
import { residentMemoryMb } from './resident-memory.js';

export interface Limits {
  /** Of the whole process. */
  readonly memoryMb: number;
  readonly deadlineMs: number;
}

/** Where there is no /proc, every look starts a process of its own. */
const WATCH_EVERY_MS = process.platform === 'linux' ? 50 : 500;

/**
 * Runs one job in a child that is killed when it takes too long, takes too much memory, or is not wanted any more: DuckDB
 * keeps neither its own memory limit nor an interrupt in every function. Knows nothing of what the SQL may say.
 * @throws MillraceError `transform.failed`, `transform.limit_exceeded`; the signal's reason when it fires
 */
export function superviseJob(job: TransformJob, limits: Limits, signal: AbortSignal): Promise<JobDone> {
  return withChild(async (child) => {
    signal.throwIfAborted();
    const watch = new Watch(child, limits, signal);
    try {
      const result = await child.run(job);
      if (result.ok) return result;
      throw new MillraceError(result.code, { detail: result.detail, facts: result.facts ?? {} });
    } catch (error) {
      throw watch.verdict ?? (error instanceof ChildDied ? crashed(error) : error);
    } finally {
      watch.stop();
    }
  }, signal);
}

/** Kills the child for one of three reasons and remembers which. */
class Watch {
  verdict: unknown;
  readonly #timers: NodeJS.Timeout[];
  readonly #onAbort = () => this.#end(this.signal.reason);

  constructor(
    private readonly child: TransformChild,
    private readonly limits: Limits,
    private readonly signal: AbortSignal,
  ) {
    this.#timers = [
      setTimeout(() => this.#end(limitExceeded(`It took longer than ${limits.deadlineMs / 1_000} s.`)), limits.deadlineMs),
      setInterval(() => void this.#checkMemory(), WATCH_EVERY_MS),
    ];
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  stop(): void {
    this.#timers.forEach((timer) => clearTimeout(timer));
    this.signal.removeEventListener('abort', this.#onAbort);
  }

  async #checkMemory(): Promise<void> {
    const used = this.child.pid === undefined ? undefined : await residentMemoryMb(this.child.pid);
    if (used !== undefined && used > this.limits.memoryMb)
      this.#end(limitExceeded(`It used more than ${this.limits.memoryMb} MB of memory.`));
  }

  #end(verdict: unknown): void {
    this.verdict ??= verdict;
    void this.child.kill();
  }
}

function limitExceeded(detail: string): MillraceError {
  return new MillraceError('transform.limit_exceeded', { detail });
}

/** A kill that was not ours is the system's, for memory. Anything else is DuckDB or Node giving up. */
function crashed(death: ChildDied): MillraceError {
  if (!death.started)
    return new MillraceError('engine.internal', {
      detail: `The transform process could not start: ${death.stderr}`,
      cause: death,
    });
  if (death.signal === 'SIGKILL' || /heap out of memory/.test(death.stderr))
    return limitExceeded('It was killed for want of memory.');
  return new MillraceError('transform.failed', { detail: `The SQL made DuckDB crash: ${death.message}.`, cause: death });
}
