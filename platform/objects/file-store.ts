import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errnoOf, fileError } from './file-errors.js';
import { type ListOptions, type ObjectStore, type PutFile, type PutOutcome, type StoredObject, requireKey } from './store.js';

/** Begins the names of files that are being written; nobody sees them as objects. */
const UNFINISHED = '.unfinished-';

/** Objects as files below one folder. A hard link, unlike a rename, fails when the name is taken. */
export class FileStore implements ObjectStore {
  readonly url: string;
  readonly #root: string;

  constructor(
    url: string,
    private readonly signal: AbortSignal,
  ) {
    this.url = url.replace(/\/+$/, '');
    this.#root = fileURLToPath(url);
  }

  async putText(key: string, text: string): Promise<PutOutcome> {
    const write = async (path: string): Promise<void> => {
      const file = await open(path, 'wx');
      await file.writeFile(text).finally(() => file.close());
    };
    return this.#doing(`write ${key}`, () => this.#create(key, write));
  }

  async putFile(key: string, _tempDir: string, write: (path: string) => Promise<void>): Promise<PutFile> {
    return this.#doing(`write ${key}`, async () => {
      const outcome = await this.#create(key, write);
      return { key, bytes: (await stat(this.#path(key))).size, outcome };
    });
  }

  async #create(key: string, write: (path: string) => Promise<void>): Promise<PutOutcome> {
    const target = this.#path(key);
    await ensureFolder(dirname(target));
    const unfinished = join(dirname(target), `${UNFINISHED}${basename(target)}-${randomBytes(4).toString('hex')}`);
    try {
      await write(unfinished);
      await syncFile(unfinished);
      this.signal.throwIfAborted();
      return await this.#link(unfinished, target);
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  async #link(from: string, to: string): Promise<PutOutcome> {
    const outcome = await link(from, to).then(
      () => 'created' as const,
      (error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
        return 'taken' as const;
      },
    );
    await syncFolder(dirname(to)); // also for who was first, and may not have come to it
    return outcome;
  }

  async getText(key: string): Promise<string | undefined> {
    return this.#doing(`read ${key}`, () => orMissing(readFile(this.#path(key), 'utf8'), undefined));
  }

  async localFile(key: string): Promise<string> {
    await this.#doing(`read ${key}`, () => stat(this.#path(key)));
    return this.#path(key);
  }

  async names(prefix: string): Promise<readonly string[]> {
    const names = await this.#doing(`list ${prefix}`, () => orMissing(readdir(this.#path(prefix.slice(0, -1))), []));
    return names.filter((name) => !name.startsWith(UNFINISHED));
  }

  async *list(prefix: string, { after = '', unfinished = false }: ListOptions = {}): AsyncIterable<StoredObject> {
    const folder = prefix.slice(0, -1);
    const entries = await this.#doing(`list ${prefix}`, () =>
      orMissing(readdir(this.#path(folder), { withFileTypes: true }), []),
    );
    const keys = entries
      .filter(({ name }) => unfinished || !name.startsWith(UNFINISHED))
      .map((entry) => (entry.isDirectory() ? `${prefix}${entry.name}/` : `${prefix}${entry.name}`));
    for (const key of keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      if (key.endsWith('/')) yield* this.list(key, { after, unfinished });
      else if (after === '' || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0) yield* await this.#found(key);
    }
  }

  /** Nothing when it was removed meanwhile. */
  async #found(key: string): Promise<readonly StoredObject[]> {
    const found = await this.#doing(`look at ${key}`, () => orMissing(stat(this.#path(key)), undefined));
    return found ? [{ key, bytes: found.size }] : [];
  }

  async move(from: string, to: string): Promise<'moved' | 'missing'> {
    return this.#doing(`place ${to}`, async () => {
      await ensureFolder(dirname(this.#path(to)));
      const linked = await orMissing(this.#link(this.#path(from), this.#path(to)), undefined);
      if (linked === undefined) return 'missing';
      await this.#unlink(from);
      return 'moved';
    });
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#doing(`remove ${key}`, () => this.#unlink(key));
  }

  async #unlink(key: string): Promise<void> {
    await orMissing(unlink(this.#path(key)), undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #path(key: string): string {
    return join(this.#root, requireKey(key));
  }

  async #doing<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      this.signal.throwIfAborted();
      throw fileError(error, `Cannot ${what} below ${this.url}`);
    }
  }
}

async function orMissing<T, Missing>(work: Promise<T>, missing: Missing): Promise<T | Missing> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return missing;
  }
}

/** A folder is as durable as the entry that names it. */
async function ensureFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}

/** Not every system lets a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  try {
    await syncFile(path);
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL'].includes(errnoOf(error))) throw error;
  }
}
