import type { RowHash } from '../connectors/sdk/hashes.js';
import type { HashGroup } from './judge.js';

/** Many rows with one hash mean a key that is none: they are compared in parts, in the order that both sides give them. */
const GROUP_ROWS = 1_000;

type Pages = AsyncIterable<readonly RowHash[]>;

/** Walks two lists of hashes that are in order, side by side: memory holds a page of each, and one group. */
export async function* mergeHashes(source: Pages, target: Pages): AsyncIterable<HashGroup> {
  await using left = new Walk(source);
  await using right = new Walk(target);
  for (;;) {
    const [a, b] = [await left.head(), await right.head()];
    if (!a && !b) return;
    const hash = !b || (a && a.hash <= b.hash) ? (a ?? b)?.hash : b.hash;
    yield { source: await left.take(hash), target: await right.take(hash) };
  }
}

class Walk implements AsyncDisposable {
  readonly #pages: AsyncIterator<readonly RowHash[]>;
  #page: readonly RowHash[] = [];
  #at = 0;

  constructor(pages: Pages) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  async head(): Promise<RowHash | undefined> {
    while (this.#at >= this.#page.length) {
      const next = await this.#pages.next();
      if (next.done) return undefined;
      [this.#page, this.#at] = [next.value, 0];
    }
    return this.#page[this.#at];
  }

  async take(hash: bigint | undefined): Promise<RowHash[]> {
    const taken: RowHash[] = [];
    while (taken.length < GROUP_ROWS) {
      const row = await this.head();
      if (!row || row.hash !== hash) break;
      taken.push(row);
      this.#at += 1;
    }
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pages.return?.();
  }
}
