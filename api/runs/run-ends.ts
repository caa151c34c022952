const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
/** Where nothing is told, nobody waits much longer than half as long again as the run took. */
const PAUSE_GROWTH = 1.5;

interface Waiter {
  readonly runId: string;
  readonly resolve: () => void;
  pauseMs: number;
  /** When it wants a look, by `performance.now()`. */
  dueAt: number;
}

/**
 * Waits for the ends of runs: until one is told, or seen. One query looks after all that are waited for: soon for new ones, ever
 * more slowly for others.
 */
export class RunEnds {
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  /** `endedOf` names those of the runs that have ended; `listen` sees to it that ends are told, where that is possible. */
  constructor(
    private readonly endedOf: (runIds: readonly string[]) => Promise<readonly string[]>,
    private readonly listen: () => Promise<void> = async () => undefined,
  ) {}

  /** Until the run has ended, the time is over, the signal fires or nobody can say: then the caller, who reads it, learns why. */
  async of(runId: string, limitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    void this.listen();
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { runId, resolve: end, pauseMs: FIRST_PAUSE_MS, dueAt: performance.now() + FIRST_PAUSE_MS };
      const timer = setTimeout(end, limitMs);
      signal.addEventListener('abort', end, { once: true });
      this.#waiters.add(waiter);
      this.#plan();
    });
  }

  /** The run has ended, and whoever reads it sees that. */
  told(runId: string): void {
    for (const waiter of [...this.#waiters]) if (waiter.runId === runId) waiter.resolve();
  }

  /** The next look, for whoever is due first. */
  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#isLooking || this.#waiters.size === 0) return;
    const dueAt = Math.min(...[...this.#waiters].map((waiter) => waiter.dueAt));
    this.#timer = setTimeout(() => void this.#look(), dueAt - performance.now());
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const waiters = [...this.#waiters];
    const ids = waiters.map(({ runId }) => runId);
    const ended = new Set(await this.endedOf(ids).catch(() => ids));
    for (const waiter of waiters) {
      waiter.pauseMs = Math.min(waiter.pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
      waiter.dueAt = performance.now() + waiter.pauseMs;
      if (ended.has(waiter.runId)) waiter.resolve();
    }
    this.#isLooking = false;
    this.#plan();
  }
}
