import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
    for await (const chunk of readChunks(await fileOf(bytes), 10)) read.push(Buffer.from(chunk));
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
  await pipeline(readChunks(await fileOf(bytes), 20_000), slow);
  expect(hash.digest('hex')).toBe(sha256(bytes));
});

test('a reader that stops early leaves no file open, and one that is missing says so', async () => {
  const path = await fileOf(randomBytes(50));
  for await (const chunk of readChunks(path, 10)) {
    expect(chunk).toHaveLength(10);
    break;
  }
  await expect(readChunks(join(folder, 'missing')).next()).rejects.toThrow('ENOENT');
});
