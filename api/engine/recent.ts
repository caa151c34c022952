/** An answer that several may share for a moment: asked for once, however many want it at the same time. */
export class Recent<T> {
  #answer: Promise<T> | undefined;
  #until = 0;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly maxAgeMs: number,
  ) {}

  /** @throws what `ask` throws; that is not kept */
  async get(): Promise<T> {
    if (!this.#answer || Date.now() > this.#until) {
      this.#answer = this.ask();
      this.#until = Date.now() + this.maxAgeMs;
    }
    const answer = this.#answer;
    try {
      return await answer;
    } catch (error) {
      if (this.#answer === answer) this.#answer = undefined;
      throw error;
    }
  }
}
