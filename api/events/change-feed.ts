import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeStore, ChangedRun } from './change-store.js';

/** So nobody is told of a run more than four times a second: what changed meanwhile is told together. */
export const LOOK_EVERY_MS = 250;

export type OnChanges = (changes: readonly ChangedRun[]) => void;

/** One look at the database for all who watch, and none while nobody does. */
export class ChangeFeed {
  readonly #listeners = new Set<OnChanges>();
  /** Where the looking began, or will. */
  #begun: Promise<number> | undefined;

  constructor(private readonly store: Pick<ChangeStore, 'head' | 'since'>) {}

  /**
   * From when it resolves on, every change that is committed later is told, in order.
   * @returns ends it
   */
  async listen(listener: OnChanges): Promise<() => void> {
    this.#listeners.add(listener);
    const leave = (): void => void this.#listeners.delete(listener);
    this.#begun ??= this.#begin();
    try {
      await this.#begun;
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  async #begin(): Promise<number> {
    try {
      const head = await this.store.head();
      void this.#look(head);
      return head;
    } catch (error) {
      this.#begun = undefined;
      throw error;
    }
  }

  async #look(from: number): Promise<void> {
    for (let head = from; this.#listeners.size > 0;) {
      await sleep(LOOK_EVERY_MS);
      const seen = await this.store.since(head).catch(() => undefined); // away for a moment: the next look tells it all
      if (!seen) continue;
      head = seen.head;
      if (seen.runs.length > 0) for (const listener of [...this.#listeners]) listener(seen.runs);
    }
    this.#begun = undefined;
  }
}
