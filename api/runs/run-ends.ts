import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
/** Nobody waits much longer than a fifth more than the run took. */
const PAUSE_GROWTH = 1.2;

interface Waiter {
  readonly runId: string;
  readonly resolve: () => void;
  pauseMs: number;
}

/** Waits for the ends of runs. One query looks after all that are waited for: soon for new ones, ever more slowly for others. */
export class RunEnds {
  readonly #waiters = new Set<Waiter>();
  #isLooking = false;

  /** `endedOf` names those of the runs that have ended. */
  constructor(private readonly endedOf: (runIds: readonly string[]) => Promise<readonly string[]>) {}

  /** Until the run has ended, the time is over, the signal fires or nobody can say: then the caller, who reads it, learns why. */
  async of(runId: string, limitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { runId, resolve: end, pauseMs: FIRST_PAUSE_MS };
      const timer = setTimeout(end, limitMs);
      signal.addEventListener('abort', end, { once: true });
      this.#waiters.add(waiter);
      if (!this.#isLooking) void this.#look();
    });
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#waiters.size > 0) {
      await sleep(Math.min(...[...this.#waiters].map(({ pauseMs }) => pauseMs)));
      const waiters = [...this.#waiters];
      for (const waiter of waiters) waiter.pauseMs = Math.min(waiter.pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
      const ids = waiters.map(({ runId }) => runId);
      const ended = new Set(await this.endedOf(ids).catch(() => ids));
      for (const { runId, resolve } of waiters) if (ended.has(runId)) resolve();
    }
    this.#isLooking = false;
  }
}
