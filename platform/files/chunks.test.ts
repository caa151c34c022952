import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, expect, test } from 'vitest';
import { readChunks } from './chunks.js';

const folder = await mkdtemp(join(tmpdir(), 'millrace-chunks-'));
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(bytes: Buffer): Promise<string> {
  const path = join(folder, `${bytes.length}`);
  await writeFile(path, bytes);
  return path;
}

const sha256 = (...parts: Buffer[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

test('all bytes come, in order, whatever the size', async () => {
  for (const size of [0, 1, 9, 10, 11, 20, 35, 1000]) {
    const bytes = randomBytes(size);
    const read: Buffer[] = [];
    for await (const chunk of readChunks(await fileOf(bytes), { chunkBytes: 10 })) read.push(Buffer.from(chunk));
    expect(Buffer.concat(read).equals(bytes), `${size} bytes`).toBe(true);
    expect(read.slice(0, -1).every(({ length }) => length === 10)).toBe(true);
  }
});

test('a slow writer has a chunk for itself until it asks for the next', async () => {
  const bytes = randomBytes(300_000);
  const hash = createHash('sha256');
  const slow = new Writable({
    write: (chunk: Buffer, _, done) => setImmediate(() => setImmediate(() => done(void hash.update(chunk)))),
  });
  await pipeline(readChunks(await fileOf(bytes), { chunkBytes: 20_000 }), slow);
  expect(hash.digest('hex')).toBe(sha256(bytes));
});

test('a reader that stops early leaves no file open, and one that is missing says so', async () => {
  const path = await fileOf(randomBytes(50));
  for await (const chunk of readChunks(path, { chunkBytes: 10 })) {
    expect(chunk).toHaveLength(10);
    break;
  }
  await expect(readChunks(join(folder, 'missing')).next()).rejects.toThrow('ENOENT');
});

test('of a file that still grows all comes until it is whole', async () => {
  const path = await fileOf(Buffer.alloc(0));
  let end = (): void => undefined;
  const writing = new Promise<void>((resolve) => (end = resolve));
  const chunks = readChunks(path, { chunkBytes: 10, writing });
  const next = chunks.next();
  await appendFile(path, 'abc');
  expect(String((await next).value)).toBe('abc');
  await appendFile(path, 'defghijklmnop');
  expect(String((await chunks.next()).value)).toBe('defghijklm');
  await appendFile(path, 'q');
  end();
  const rest: string[] = [];
  for await (const chunk of chunks) rest.push(String(chunk));
  expect(rest.join('')).toBe('nopq');
});

test('a writer that fails is the reader’s failure', async () => {
  const path = await fileOf(Buffer.from('a'));
  let fail: (error: Error) => void = () => undefined;
  const writing = new Promise<void>((_, reject) => (fail = reject));
  const chunks = readChunks(path, { writing });
  expect(String((await chunks.next()).value)).toBe('a');
  fail(new Error('the disk is full'));
  await expect(chunks.next()).rejects.toThrow('the disk is full');
});
