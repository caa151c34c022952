import { link, mkdir, open, readFile, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256OfFile } from '../platform/files/sha256.js';
import { KnownFiles, markOf } from './known-files.js';
import { Scratch, type TempDir } from './scratch.js';
import { requireSame, requireStageKey, stageError } from './stage-error.js';
import type { Stage, StoredFile } from './store.js';

const TEMP = '.tmp';

/** A folder of this machine, or one that all workers have mounted. */
export class FileStage implements Stage {
  readonly #root: string;
  readonly #scratch: Scratch;
  readonly #known = new KnownFiles();

  constructor(readonly url: string) {
    this.#root = fileURLToPath(url);
    this.#scratch = new Scratch(join(this.#root, TEMP)); // where a file only needs another name
  }

  tempDir(): Promise<TempDir> {
    return this.#scratch.tempDir();
  }

  async put(key: string, localPath: string, computed?: string): Promise<StoredFile> {
    const target = this.#path(key);
    try {
      await syncFile(localPath);
      const found = await stat(localPath, { bigint: true });
      const sha256 = computed ?? (await sha256OfFile(localPath));
      await mkdir(dirname(target), { recursive: true });
      await link(localPath, target); // unlike rename, fails when the name is taken
      await unlink(localPath);
      await syncFolder(dirname(target));
      this.#known.remember(target, markOf(found), sha256);
      return { key, bytes: Number(found.size), sha256 };
    } catch (error) {
      throw stageError(error, `Cannot stage ${key}`);
    }
  }

  async putText(key: string, text: string): Promise<StoredFile> {
    await using temp = await this.tempDir();
    const path = join(temp.path, 'text');
    try {
      const file = await open(path, 'wx');
      await file.writeFile(text).finally(() => file.close());
    } catch (error) {
      throw stageError(error, `Cannot stage ${key}`);
    }
    return await this.put(key, path);
  }

  async getText(key: string, sha256: string): Promise<string> {
    return readFile(await this.verified(key, sha256), 'utf8').catch((error: unknown) => {
      throw stageError(error, `Cannot read ${key}`);
    });
  }

  async verified(key: string, sha256: string): Promise<string> {
    const path = this.#path(key);
    const found = await this.#sha256(path).catch((error: unknown) => {
      throw stageError(error, `Cannot read ${key}`);
    });
    requireSame(key, found, sha256);
    return path;
  }

  async list(prefix: string): Promise<string[]> {
    return readdir(this.#path(prefix)).catch(() => []);
  }

  async remove(prefix: string): Promise<void> {
    await rm(this.#path(prefix), { recursive: true, force: true });
  }

  removeAbandoned(): Promise<void> {
    return this.#scratch.sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #sha256(path: string): Promise<string> {
    const mark = markOf(await stat(path, { bigint: true }));
    const known = this.#known.sha256(path, mark);
    if (known !== undefined) return known;
    const sha256 = await sha256OfFile(path);
    this.#known.remember(path, mark, sha256);
    return sha256;
  }

  #path(key: string): string {
    return join(this.#root, requireStageKey(key));
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}

async function syncFolder(path: string): Promise<void> {
  await syncFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM' && error.code !== 'EISDIR' && error.code !== 'EINVAL') throw error; // not every system opens folders
  });
}
