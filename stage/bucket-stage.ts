import { createHash } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError } from '../platform/errors/error.js';
import { sha256OfFile } from '../platform/files/sha256.js';
import { openObjectStore } from '../platform/objects/open.js';
import type { ObjectStore } from '../platform/objects/store.js';
import { bucketError } from './bucket-errors.js';
import { LocalCopies } from './local-copies.js';
import { Scratch, type TempDir } from './scratch.js';
import { requireSame, requireStageKey } from './stage-error.js';
import type { Stage, StoredFile } from './store.js';

/** How many objects are known by name at a time while a folder is removed. */
const REMOVED_TOGETHER = 500;

/**
 * A bucket, for workers on several machines. Files are worked on in a folder of the machine, and are put and fetched whole. Keys,
 * region and endpoint come from the environment, by the names that AWS's own tools know.
 */
export class BucketStage implements Stage {
  readonly #scratch: Scratch;
  readonly #copies = new LocalCopies();
  readonly #closing = new AbortController();
  #store: Promise<ObjectStore> | undefined;
  #copiesFolder: Promise<TempDir> | undefined;

  constructor(
    readonly url: string,
    scratch: string,
  ) {
    this.#scratch = new Scratch(scratch);
  }

  tempDir(): Promise<TempDir> {
    return this.#scratch.tempDir();
  }

  async put(key: string, localPath: string, computed?: string): Promise<StoredFile> {
    return this.#doing('stage', key, async (store) => {
      const sha256 = computed ?? (await sha256OfFile(localPath));
      const { bytes, outcome } = await store.putFile(key, dirname(localPath), (path) => link(localPath, path), sha256);
      const stored = { key, bytes, sha256 };
      if (outcome === 'taken') await requireOurs(store, stored, dirname(localPath));
      this.#copiesFolder ??= this.tempDir();
      await this.#copies.keep(stored, localPath, (await this.#copiesFolder).path);
      return stored;
    });
  }

  async putText(key: string, text: string): Promise<StoredFile> {
    return this.#doing('stage', key, async (store) => {
      const stored = { key, bytes: Buffer.byteLength(text), sha256: sha256OfText(text) };
      if ((await store.putText(key, text)) === 'created') return stored;
      await using temp = await this.tempDir();
      await requireOurs(store, stored, temp.path);
      return stored;
    });
  }

  async getText(key: string, sha256: string): Promise<string> {
    return this.#doing('read', key, async (store) => {
      const text = await store.getText(key);
      if (text === undefined) throw new MillraceError('stage.corrupt', { detail: `Cannot read ${key}: it is not there.` });
      requireSame(key, sha256OfText(text), sha256);
      return text;
    });
  }

  async verified(key: string, sha256: string, tempDir: string): Promise<string> {
    return this.#doing('read', key, async (store) => {
      const kept = await this.#copies.linked(key, sha256, tempDir);
      if (kept !== undefined) return kept;
      const path = await store.localFile(key, tempDir);
      requireSame(key, await sha256OfFile(path), sha256);
      return path;
    });
  }

  async list(prefix: string): Promise<readonly string[]> {
    return this.#doing('list', prefix, (store) => store.names(`${prefix}/`));
  }

  async remove(prefix: string): Promise<void> {
    await this.#doing('remove', prefix, async (store) => {
      await this.#copies.dropBelow(prefix);
      let keys: string[] = [];
      const removeKeys = async (): Promise<void> => {
        await store.remove(keys);
        keys = [];
      };
      for await (const { key } of store.list(`${prefix}/`)) {
        keys.push(key);
        if (keys.length === REMOVED_TOGETHER) await removeKeys();
      }
      await removeKeys();
    });
  }

  removeAbandoned(): Promise<void> {
    return this.#scratch.sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const [folder, store] = await Promise.all([this.#copiesFolder, this.#store?.catch(() => undefined)]);
    await folder?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
  }

  async #doing<T>(what: string, key: string, work: (store: ObjectStore) => Promise<T>): Promise<T> {
    requireStageKey(key);
    try {
      return await work(await (this.#store ??= this.#open()));
    } catch (error) {
      throw bucketError(error, `Cannot ${what} ${key}`);
    }
  }

  /** Not before it is needed: its library is large. */
  #open(): Promise<ObjectStore> {
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
    const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined;
    return openObjectStore(this.url, { endpoint }, this.#closing.signal);
  }
}

/** The answer to an earlier request may have been lost: then the name is taken by what this one wanted to put. */
async function requireOurs(store: ObjectStore, { key, sha256 }: StoredFile, tempDir: string): Promise<void> {
  const path = await store.localFile(key, tempDir);
  const found = await sha256OfFile(path).finally(() => rm(path, { force: true }));
  if (found !== sha256) throw new MillraceError('engine.internal', { detail: `Cannot stage ${key}: the name is taken.` });
}

const sha256OfText = (text: string): string => createHash('sha256').update(text).digest('hex');
