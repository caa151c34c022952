import { setMaxListeners } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { MillraceError, isMillraceError } from '../errors/error.js';
import { LentFile } from '../files/lent-file.js';
import { isConflict, isMissing, s3Error, statusOf } from './s3-errors.js';
import {
  type ListOptions,
  type ObjectStore,
  type PutFile,
  type PutOutcome,
  type S3Access,
  type StoredObject,
  requireKey,
} from './store.js';

const PARALLEL = 8;
const CONNECT_MS = 10_000;
/** How often a request may meet another one for the same name that is still under way. */
const CONFLICTS = 10;
/** As often as the SDK repeats other requests. */
const ATTEMPTS = 3;
const PAUSE_MS = 250;

/** @throws MillraceError `connector.invalid_config` for a URL without a bucket, or half of a pair of keys */
export function openS3Store(url: string, access: S3Access, signal: AbortSignal): ObjectStore {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?$/.exec(url) ?? [];
  if (bucket === undefined) throw new MillraceError('connector.invalid_config', { detail: `${url} names no bucket.` });
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own); // one for each request under way
  return new S3Store(clientOf(access), { bucket, prefix: prefix.replace(/\/+$/, '') }, own);
}

// Its version is pinned: what later ones need concerns nobody who runs this one.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Whoever asks is told by the error. */
const SILENT = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What is not given comes from the environment, as the SDK of AWS finds it. */
function clientOf({ endpoint, region, pathStyle, accessKeyId, secretAccessKey, sessionToken }: S3Access): S3Client {
  const keys = accessKeyId !== undefined && secretAccessKey !== undefined;
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    region: region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    ...(keys ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } } : {}),
    // other servers than those of AWS do not all know the newer checksums
    requestChecksumCalculation: endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    responseChecksumValidation: endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    logger: SILENT,
    requestHandler: { connectionTimeout: CONNECT_MS },
  });
}

interface Body {
  readonly Body: Buffer | Readable;
  readonly ContentLength: number;
  readonly sha256?: string | undefined;
}

interface HttpHeaders {
  readonly headers: Record<string, string>;
}

interface Place {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
}

/** Objects in a bucket. `If-None-Match: *` makes the server refuse a name that is taken. */
class S3Store implements ObjectStore {
  readonly url: string;

  constructor(
    private readonly client: S3Client,
    private readonly place: Place,
    private readonly signal: AbortSignal,
  ) {
    this.url = `s3://${place.bucket}${place.prefix === '' ? '' : `/${place.prefix}`}`;
  }

  putText(key: string, text: string): Promise<PutOutcome> {
    const bytes = Buffer.from(text);
    return this.#put(key, () => ({ Body: bytes, ContentLength: bytes.length }));
  }

  async putFile(key: string, tempDir: string, write: (path: string) => Promise<void>, sha256?: string): Promise<PutFile> {
    const path = join(tempDir, `object-${randomBytes(8).toString('hex')}`);
    try {
      await write(path);
      const { size: bytes } = await stat(path);
      const body = (): Readable => (sha256 === undefined ? createReadStream(path) : new LentFile(path));
      const outcome = await this.#putAgain(key, () => ({ Body: body(), ContentLength: bytes, sha256 }));
      return { key, bytes, outcome };
    } finally {
      await rm(path, { force: true });
    }
  }

  /** The SDK repeats no request that sends a stream. */
  async #putAgain(key: string, body: () => Body): Promise<PutOutcome> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#put(key, body);
      } catch (error) {
        if (!isMillraceError(error) || error.recovery !== 'retry' || attempt === ATTEMPTS) throw error;
        await wait(attempt * PAUSE_MS, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
      }
    }
  }

  /** A conflict means that another request for this name is under way: only the server knows how that one ends. */
  async #put(key: string, body: () => Body): Promise<PutOutcome> {
    for (let conflicts = 0; ; conflicts++) {
      const sent = body();
      try {
        await this.#send(this.#putCommand(key, sent));
        return 'created';
      } catch (error) {
        this.signal.throwIfAborted();
        if (!isConflict(error) || (statusOf(error) === 409 && conflicts === CONFLICTS)) throw this.#failed(error, `write ${key}`);
        if (statusOf(error) === 412) return 'taken';
      } finally {
        if (sent.Body instanceof Readable) sent.Body.destroy(); // the SDK leaves it open when a request fails
      }
    }
  }

  /** A known hash goes with the request as its own: nobody has to compute another one, which would keep chunks that are lent. */
  #putCommand(key: string, { sha256, ...body }: Body): PutObjectCommand {
    const known = sha256 === undefined ? {} : { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') };
    const command = new PutObjectCommand({ ...this.#at(key), ...body, ...known, IfNoneMatch: '*' });
    if (sha256 !== undefined)
      command.middlewareStack.add(
        (next) => (args) => {
          (args.request as HttpHeaders).headers['x-amz-content-sha256'] = sha256;
          return next(args);
        },
        { step: 'build', name: 'knownHash' },
      );
    return command;
  }

  async getText(key: string): Promise<string | undefined> {
    return this.#doing(`read ${key}`, async () => {
      const found = await orUndefined(this.#get(key));
      return found?.Body?.transformToString();
    });
  }

  async localFile(key: string, tempDir: string): Promise<string> {
    const path = join(tempDir, `object-${randomBytes(8).toString('hex')}`);
    await this.#doing(`read ${key}`, async () => {
      const { Body } = await this.#get(key);
      await pipeline(Body as Readable, createWriteStream(path), { signal: this.signal });
    });
    return path;
  }

  #get(key: string): Promise<GetObjectCommandOutput> {
    return this.client.send(new GetObjectCommand(this.#at(key)), { abortSignal: this.signal });
  }

  async names(prefix: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { Contents = [], CommonPrefixes = [] } of this.#pages(prefix, { Delimiter: '/' })) {
      const below = [...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix?.slice(0, -1))];
      names.push(...below.map((key = '') => key.slice(this.#start.length + prefix.length)).filter((name) => name !== ''));
    }
    return names;
  }

  async *list(prefix: string, { after }: ListOptions = {}): AsyncIterable<StoredObject> {
    const from = after === undefined ? {} : { StartAfter: `${this.#start}${after}` };
    for await (const { Contents = [] } of this.#pages(prefix, from))
      for (const { Key = '', Size = 0 } of Contents)
        if (!Key.endsWith('/')) yield { key: Key.slice(this.#start.length), bytes: Size };
  }

  async *#pages(prefix: string, asked: Partial<ListObjectsV2CommandInput>): AsyncIterable<ListObjectsV2CommandOutput> {
    let next: Partial<ListObjectsV2CommandInput> | undefined = asked;
    while (next !== undefined) {
      const command = new ListObjectsV2Command({ ...next, Bucket: this.place.bucket, Prefix: `${this.#start}${prefix}` });
      const page: ListObjectsV2CommandOutput = await this.#doing(`list ${prefix}`, () =>
        this.client.send(command, { abortSignal: this.signal }),
      );
      yield page;
      const token = page.NextContinuationToken;
      next = token === undefined ? undefined : { ...asked, ContinuationToken: token };
    }
  }

  /** What the keys of the bucket begin with. */
  get #start(): string {
    const { prefix } = this.place;
    return prefix === '' ? '' : `${prefix}/`;
  }

  async move(from: string, to: string): Promise<'moved' | 'missing'> {
    return this.#doing(`place ${to}`, async () => {
      const { Bucket, Key } = this.#at(from);
      const source = `${Bucket}/${Key.split('/').map(encodeURIComponent).join('/')}`;
      const copied = await orUndefined(this.#send(new CopyObjectCommand({ ...this.#at(to), CopySource: source })));
      if (copied === undefined) return 'missing';
      await this.remove([from]);
      return 'moved';
    });
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += PARALLEL)
      await Promise.all(
        keys
          .slice(at, at + PARALLEL)
          .map((key) => this.#doing(`remove ${key}`, () => orUndefined(this.#send(new DeleteObjectCommand(this.#at(key)))))),
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.place.bucket, Key: `${this.#start}${requireKey(key)}` };
  }

  async #send(command: PutObjectCommand | CopyObjectCommand | DeleteObjectCommand): Promise<object> {
    return this.client.send(command as PutObjectCommand, { abortSignal: this.signal });
  }

  async #doing<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      this.signal.throwIfAborted();
      throw this.#failed(error, what);
    }
  }

  #failed(error: unknown, what: string): MillraceError {
    return s3Error(error, `Cannot ${what} in ${this.url}`);
  }
}

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return undefined;
  }
}
