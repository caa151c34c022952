/**
 * Where staged files live. Files are immutable: created exclusively, made durable, then given their name (I8).
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rm, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readChunks } from '../platform/files/chunks.js';
import { MillraceError } from '../platform/errors/error.js';
import { KnownFiles, markOf } from './known-files.js';

export interface StoredFile {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

export interface Stage {
  readonly url: string;
  /** A private folder on this machine, from which `put` is cheap; it is removed when disposed of. */
  tempDir(): Promise<TempDir>;
  /**
   * Takes a finished local file over; the local name is gone afterwards.
   * @param sha256 of its contents, where the writer has computed it
   * @throws MillraceError `stage.full`
   */
  put(key: string, localPath: string, sha256?: string): Promise<StoredFile>;
  putText(key: string, text: string): Promise<StoredFile>;
  /** Contents that are what was recorded. @throws MillraceError `stage.corrupt` */
  getText(key: string, sha256: string): Promise<string>;
  /** Path on this machine of a file whose contents are what was recorded. @throws MillraceError `stage.corrupt` */
  verified(key: string, sha256: string): Promise<string>;
  /** Names directly below a folder; none when it is not there. */
  list(prefix: string): Promise<string[]>;
  /** Removes a folder and everything in it; one that is not there is no error. */
  remove(prefix: string): Promise<void>;
}

const TEMP = '.tmp';

/** @throws MillraceError `setup.invalid` for a URL that no stage can be made of */
export function openStage(url: string): Stage {
  if (url.startsWith('file://')) return new FileStage(url);
  throw new MillraceError('setup.invalid', {
    detail: `MILLRACE_STAGE_URL: ${url.split(':')[0]}:// is not supported; use file:///path.`,
    path: 'MILLRACE_STAGE_URL',
  });
}

class FileStage implements Stage {
  readonly #root: string;
  readonly #known = new KnownFiles();

  constructor(readonly url: string) {
    this.#root = fileURLToPath(url);
  }

  async tempDir(): Promise<TempDir> {
    const path = join(this.#root, TEMP, hostname(), `${process.pid}-${randomBytes(6).toString('hex')}`);
    await mkdir(path, { recursive: true });
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  }

  async put(key: string, localPath: string, computed?: string): Promise<StoredFile> {
    const target = this.#path(key);
    try {
      await syncFile(localPath);
      const found = await stat(localPath, { bigint: true });
      const sha256 = computed ?? (await sha256Of(localPath));
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
    if (found === sha256) return path;
    throw new MillraceError('stage.corrupt', { detail: `${key} has SHA-256 ${found}, recorded was ${sha256}.` });
  }

  async list(prefix: string): Promise<string[]> {
    return readdir(this.#path(prefix)).catch(() => []);
  }

  async remove(prefix: string): Promise<void> {
    await rm(this.#path(prefix), { recursive: true, force: true });
  }

  async #sha256(path: string): Promise<string> {
    const mark = markOf(await stat(path, { bigint: true }));
    const known = this.#known.sha256(path, mark);
    if (known !== undefined) return known;
    const sha256 = await sha256Of(path);
    this.#known.remember(path, mark, sha256);
    return sha256;
  }

  #path(key: string): string {
    if (key.split('/').some((part) => part === '' || part === '.' || part === '..'))
      throw new RangeError(`not a stage key: ${key}`);
    return join(this.#root, key);
  }
}

/** Removes work in progress of processes of this machine that are gone; called once at a worker's start. */
export async function removeAbandonedTemp(url: string): Promise<void> {
  const folder = join(fileURLToPath(url), TEMP, hostname());
  for (const name of await readdir(folder).catch(() => [])) {
    if (!isAlive(Number(name.split('-')[0]))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path)) hash.update(chunk);
  return hash.digest('hex');
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

function stageError(error: unknown, doing: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const failure = error as NodeJS.ErrnoException;
  const code =
    failure.code === 'ENOSPC' || failure.code === 'EDQUOT'
      ? 'stage.full'
      : failure.code === 'ENOENT'
        ? 'stage.corrupt'
        : 'engine.internal';
  return new MillraceError(code, { detail: `${doing}: ${failure.message}`, cause: error });
}
