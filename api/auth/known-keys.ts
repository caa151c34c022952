import { hash, randomBytes } from 'node:crypto';
import { RecentMap } from '../../platform/collections/recent-map.js';

/** About a megabyte. */
const MOST = 10_000;

/**
 * Keys that this process has verified, so that it need not do so for each request. Neither a key nor its hash is kept: what is
 * remembered is a hash with a salt that the process made up, beside the stored hash that it was verified by. The one that was
 * not used for the longest time is forgotten first.
 */
export class KnownKeys {
  readonly #salt = randomBytes(32).toString('hex');
  readonly #storedHashes: RecentMap<string, string>;

  constructor(most = MOST) {
    this.#storedHashes = new RecentMap(most);
  }

  /** What stands for a text. */
  markOf(text: string): string {
    return hash('sha256', this.#salt + text, 'base64');
  }

  /** Whether the text was verified by exactly this hash. */
  has(mark: string, storedHash: string): boolean {
    if (this.#storedHashes.get(mark) !== storedHash) return false;
    this.add(mark, storedHash);
    return true;
  }

  add(mark: string, storedHash: string): void {
    this.#storedHashes.set(mark, storedHash);
  }
}
