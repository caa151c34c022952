import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { installBinary } from './cache.js';
import { CLI_VERSION, type ReleaseArchive } from './release.js';

/** Short, so that a machine without network goes on to the next way at once. */
const CONNECT_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 300_000;

/**
 * Downloads a release into `target`.
 * @throws Error when it cannot be reached, or is not the file that was released
 */
export async function downloadRelease(archive: ReleaseArchive, target: string, say: (line: string) => void): Promise<string> {
  const response = await openFirst(archive);
  say(`Downloading the Temporal server ${CLI_VERSION} (about 50 MB, once) …`);
  return installBinary(target, (folder) => unpack(response, archive, folder));
}

async function openFirst({ urls }: ReleaseArchive): Promise<Response> {
  const failures: string[] = [];
  for (const url of urls) {
    try {
      return await open(url);
    } catch (error) {
      failures.push(`${new URL(url).host}: ${describe(error)}`);
    }
  }
  throw new Error(failures.join(', '));
}

async function open(url: string): Promise<Response> {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(new Error('no answer in 5 s')), CONNECT_TIMEOUT_MS);
  try {
    const deadline = AbortSignal.any([aborter.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
    const response = await fetch(url, { signal: deadline });
    if (!response.ok || !response.body) throw new Error(`answered ${response.status}`);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

async function unpack(response: Response, archive: ReleaseArchive, folder: string): Promise<void> {
  const file = join(folder, 'archive.tar.gz');
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body as ReadableStream), hashing, createWriteStream(file));
  if (hash.digest('hex') !== archive.sha256) throw new Error('the file is not the one that was released (sha256 differs)');
  await untar(file, folder);
  await rm(file);
}

function untar(file: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const tar = spawn('tar', ['-xzf', file, '-C', folder, 'temporal'], { stdio: 'ignore' });
    tar.once('error', reject);
    tar.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`tar ended with exit code ${code}`))));
  });
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
