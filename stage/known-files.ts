import type { BigIntStats } from 'node:fs';
import { RecentMap } from '../platform/collections/recent-map.js';

/** A file as it was: when it is written again, one of these differs. */
export type Mark = string;

/** A slice is loaded soon after it was staged; with what was forgotten a file is read once more. */
const MOST_FILES = 1_000;

/**
 * Contents of files that this process has written or looked through itself. While nobody has touched such a file, another look
 * would only read the same pages of memory again.
 */
export class KnownFiles {
  readonly #files = new RecentMap<string, { readonly mark: Mark; readonly sha256: string }>(MOST_FILES);

  /** @param mark taken before the contents were looked through, so that a change meanwhile is noticed */
  remember(path: string, mark: Mark, sha256: string): void {
    this.#files.set(path, { mark, sha256 });
  }

  /** @returns the SHA-256 of a file that is as it was */
  sha256(path: string, mark: Mark): string | undefined {
    const known = this.#files.get(path);
    return known?.mark === mark ? known.sha256 : undefined;
  }
}

export const markOf = ({ ino, size, mtimeNs }: BigIntStats): Mark => `${ino} ${size} ${mtimeNs}`;
