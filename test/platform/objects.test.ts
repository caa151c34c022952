import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { openObjectStore } from '../../platform/objects/open.js';
import type { ListOptions, ObjectStore, S3Access } from '../../platform/objects/store.js';
import { mountSmallDisk } from '../chaos/disk.js';
import { httpProxy } from '../support/http-proxy.js';
import { SECRET_KEY, WITHOUT_S3, hasS3Server, startS3 } from '../support/s3-server.js';
import { tempHome } from '../support/temp-home.js';

vi.setConfig({ testTimeout: 60_000 });
if (!hasS3Server) process.stderr.write(`Skipping what needs a bucket: ${WITHOUT_S3}.\n`);

const never = new AbortController().signal;

interface Opened extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly tempDir: string;
}

async function inFolder(): Promise<Opened> {
  const home = await tempHome('objects');
  const store = await openObjectStore(pathToFileURL(join(home.path, 'a folder')).href, {}, never);
  return { store, tempDir: home.path, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

async function inBucket(): Promise<Opened> {
  const [home, server] = [await tempHome('objects'), await startS3()];
  await server.bucket('bucket');
  const store = await openObjectStore('s3://bucket/a prefix/', server.access, never);
  const close = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  };
  return { store, tempDir: home.path, [Symbol.asyncDispose]: close };
}

async function keysOf(store: ObjectStore, prefix: string, options?: ListOptions): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  return keys;
}

for (const [name, open, isThere] of [
  ['a folder', inFolder, true],
  ['a bucket', inBucket, hasS3Server],
] as const) {
  describe.skipIf(!isThere)(`objects in ${name}`, () => {
    test('a name is given once, however many want it at the same time', async () => {
      await using opened = await open();
      for (let round = 0; round < 20; round++) {
        const key = `race/${round}.json`;
        const outcomes = await Promise.all(Array.from({ length: 8 }, (_, index) => opened.store.putText(key, `by ${index}`)));
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
        expect(await opened.store.getText(key)).toBe(`by ${outcomes.indexOf('created')}`);
      }
    });

    test('objects are listed in the order of their keys, moved, read and removed', async () => {
      await using opened = await open();
      const { store, tempDir } = opened;
      const keys = ['a/1.json', 'a/b/ü +&%25?#.json', 'a/é', 'b/1'];
      for (const key of keys.toReversed()) expect(await store.putText(key, key)).toBe('created');
      expect(await keysOf(store, 'a/')).toEqual(keys.slice(0, 3));
      expect(await keysOf(store, 'a/', { after: 'a/1.json' })).toEqual(keys.slice(1, 3));
      expect(await keysOf(store, 'c/')).toEqual([]);
      expect((await store.names('a/')).toSorted()).toEqual(['1.json', 'b', 'é']);
      expect(await store.names('c/')).toEqual([]);
      for (const key of keys) expect(await store.getText(key)).toBe(key);
      expect(await store.getText('a/2.json')).toBeUndefined();
      expect(await store.move('a/b/ü +&%25?#.json', 'c/moved ✓')).toBe('moved');
      expect(await store.move('a/b/ü +&%25?#.json', 'c/moved ✓')).toBe('missing');
      expect(await readFile(await store.localFile('c/moved ✓', tempDir), 'utf8')).toBe('a/b/ü +&%25?#.json');
      await store.remove(['c/moved ✓', 'never/there']);
      expect(await keysOf(store, 'c/')).toEqual([]);
    });

    test('a file becomes an object whole, and nothing when it cannot be written', async () => {
      await using opened = await open();
      const { store, tempDir } = opened;
      const content = Buffer.alloc(3_000_000, 'x');
      expect(await store.putFile('f/1', tempDir, (path) => writeFile(path, content))).toEqual({
        ...{ key: 'f/1', bytes: content.length, outcome: 'created' },
      });
      const second = await store.putFile('f/1', tempDir, (path) => writeFile(path, 'other'));
      expect(second.outcome).toBe('taken');
      expect((await readFile(await store.localFile('f/1', tempDir))).equals(content)).toBe(true);
      const failing = store.putFile('f/2', tempDir, async (path) => {
        await writeFile(path, 'half');
        throw new Error('broken off');
      });
      await expect(failing).rejects.toThrow('broken off');
      expect(await keysOf(store, 'f/', { unfinished: true })).toEqual(['f/1']);
    });

    test('no key leaves the store', async () => {
      await using opened = await open();
      for (const key of ['../a', 'a/../../b', '/etc/passwd', 'a//b', './a', 'a\0b'])
        await expect(opened.store.putText(key, 'x'), key).rejects.toThrow('not a key');
    });
  });
}

/** Where the endpoint comes from the environment, the SDK adds checksums of its own, as it does with AWS. */
describe.skipIf(!hasS3Server).each(['named', 'of the environment'])(
  'a file whose hash is known, by an endpoint that is %s',
  (kind) => {
    const content = randomBytes(5_000_000);
    const sha256 = createHash('sha256').update(content).digest('hex');

    test('arrives as it was, or not at all', async () => {
      await using home = await tempHome('objects');
      await using server = await startS3();
      await server.bucket('bucket');
      const { endpoint, ...access } = server.access;
      if (kind !== 'named') vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoint);
      await using store = await openObjectStore(
        's3://bucket',
        { ...access, ...(kind === 'named' ? { endpoint } : { pathStyle: true }) },
        never,
      );
      const put = (key: string, bytes: Buffer) => store.putFile(key, home.path, (path) => writeFile(path, bytes), sha256);
      for (const key of ['a/1', 'a/2', 'a/3']) await put(key, content);
      for (const key of ['a/1', 'a/2', 'a/3'])
        expect((await readFile(await store.localFile(key, home.path))).equals(content), key).toBe(true);
      const altered = Buffer.from(content);
      altered[2_500_000]! ^= 1;
      await expect(put('a/4', altered)).rejects.toMatchObject({ code: 'connector.transient' });
      expect(await keysOf(store, 'a/')).toEqual(['a/1', 'a/2', 'a/3']);
      vi.unstubAllEnvs();
    });
  },
);

describe('what is wrong is told', () => {
  test.skipIf(!hasS3Server)('of a bucket', async () => {
    await using server = await startS3();
    await server.bucket('bucket');
    const wrong: readonly (readonly [url: string, access: S3Access, code: string])[] = [
      ['s3://bucket', { ...server.access, secretAccessKey: 'canary-wrong' }, 'connector.auth_failed'],
      ['s3://bucket', { ...server.access, accessKeyId: 'nobody' }, 'connector.auth_failed'],
      ['s3://no-such-bucket', server.access, 'connector.invalid_config'],
      ['s3://bucket', { ...server.access, endpoint: 'http://127.0.0.1:1' }, 'connector.unreachable'],
    ];
    for (const [url, access, code] of wrong) {
      await using store = await openObjectStore(url, access, never);
      const error = await store.putText('key', 'text').catch((thrown: unknown) => thrown);
      expect(error, String(error)).toMatchObject({ code });
      expect(String(error)).not.toMatch(new RegExp(`${SECRET_KEY}|canary-wrong`));
    }
  });

  test('of a folder that is a file', async () => {
    await using home = await tempHome('objects');
    await writeFile(join(home.path, 'file'), '');
    const store = await openObjectStore(pathToFileURL(join(home.path, 'file')).href, {}, never);
    await expect(store.putText('a/b', 'x')).rejects.toMatchObject({ code: 'connector.invalid_config' });
  });

  test('of a disk that is full, and it goes on when there is room', async ({ skip }) => {
    await using home = await tempHome('objects');
    const folder = join(home.path, 'small');
    await mkdir(folder);
    const disk = mountSmallDisk(folder);
    if (!disk) return skip('this user may not mount a small disk');
    try {
      const store = await openObjectStore(pathToFileURL(folder).href, {}, never);
      await store.putText('a/1', 'x');
      disk.fill();
      const full = store.putText('a/2', 'x'.repeat(100_000));
      await expect(full).rejects.toMatchObject({
        code: 'load.no_space',
        recovery: 'retry',
        message: expect.stringContaining('no space is left'),
      });
      disk.free();
      expect(await store.putText('a/2', 'x')).toBe('created');
      expect(await keysOf(store, 'a/', { unfinished: true })).toEqual(['a/1', 'a/2']);
    } finally {
      disk.remove(false);
    }
  });
});

test('a call that was cancelled throws why', async () => {
  await using home = await tempHome('objects');
  const stop = new AbortController();
  const store = await openObjectStore(pathToFileURL(home.path).href, {}, stop.signal);
  stop.abort(new Error('enough'));
  await expect(store.putText('a', 'x')).rejects.toThrow('enough');
});

test.skipIf(!hasS3Server)(
  'a request whose answer is lost is repeated by the client, which then finds its own object',
  async () => {
    await using server = await startS3();
    await server.bucket('bucket');
    await using proxy = await httpProxy(server.access.endpoint);
    const lost = proxy.loseAnswer(/^PUT /);
    await using store = await openObjectStore('s3://bucket', { ...server.access, endpoint: proxy.url }, never);
    expect(await store.putText('a/1', 'mine')).toBe('taken');
    expect(await store.getText('a/1')).toBe('mine');
    await lost;
  },
);
