import { randomBytes } from 'node:crypto';
import { link, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mark, markOf } from './known-files.js';
import type { StoredFile } from './store.js';

const MOST_BYTES = 1_000_000_000;

interface Copy extends StoredFile {
  readonly path: string;
  readonly mark: Mark;
}

/**
 * Files that this process has put into a bucket: the next step often runs in the same process, and then fetches nothing. The
 * oldest make room.
 */
export class LocalCopies {
  readonly #files = new Map<string, Copy>();
  #bytes = 0;

  constructor(private readonly mostBytes = MOST_BYTES) {}

  /** Moves a file that was put to `folder`, where it stays until it has to make room. */
  async keep(file: StoredFile, localPath: string, folder: string): Promise<void> {
    const path = join(folder, randomBytes(8).toString('hex'));
    await rename(localPath, path);
    this.#files.set(file.key, { ...file, path, mark: await markAt(path) });
    this.#bytes += file.bytes;
    for (const key of this.#files.keys()) if (this.#bytes > this.mostBytes) await this.#drop(key);
  }

  /** Another name for a copy, in `folder`, so that it stays there whatever happens here. Undefined when there is none. */
  async linked(key: string, sha256: string, folder: string): Promise<string | undefined> {
    const file = this.#files.get(key);
    if (file?.sha256 !== sha256) return undefined;
    if ((await markAt(file.path).catch(() => undefined)) !== file.mark) return undefined; // somebody has touched it
    const path = join(folder, `copy-${randomBytes(8).toString('hex')}`);
    return link(file.path, path).then(
      () => path,
      () => undefined, // it has just made room
    );
  }

  /** What is removed from the stage is not needed here either. */
  async dropBelow(prefix: string): Promise<void> {
    for (const key of this.#files.keys()) if (key.startsWith(`${prefix}/`)) await this.#drop(key);
  }

  async #drop(key: string): Promise<void> {
    const file = this.#files.get(key);
    if (!file) return;
    this.#files.delete(key);
    this.#bytes -= file.bytes;
    await rm(file.path, { force: true });
  }
}

const markAt = async (path: string): Promise<Mark> => markOf(await stat(path, { bigint: true }));
