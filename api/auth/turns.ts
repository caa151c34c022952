/** Lets some work go on side by side; the others wait for their turn, and those beyond are refused. */
export class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /** @throws what `refusal` makes when too many wait already */
  async take<T>(work: () => Promise<T>, refusal: () => Error): Promise<T> {
    if (this.#running >= this.atOnce) {
      if (this.#waiting.length >= this.mostWaiting) throw refusal();
      await new Promise<void>((resolve) => this.#waiting.push(resolve)); // the turn is handed on: #running stays
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
