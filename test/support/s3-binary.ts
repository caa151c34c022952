/**
 * A server that speaks S3 over a folder, for tests and benchmarks: the one of versitygw, which obeys conditional writes. Run as a
 * program this file builds it.
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onPath } from '../../platform/temporal/find.js';

const VERSION = '1.8.0';
const PACKAGE = `github.com/versity/versitygw/cmd/versitygw@v${VERSION}`;
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'millrace', `versitygw-${VERSION}`);
const BINARY = join(CACHE, 'versitygw');
const go = onPath('go', process.env);

/** Without Go there is none on a user's machine; where CI runs there has to be. */
export const hasS3Server = process.env['CI'] !== undefined || existsSync(BINARY) || go !== undefined;

export const WITHOUT_S3 = 'a server for S3 is built by Go, which is not here';

/** The binary, built once for all that come later. @throws Error when it cannot be built */
export async function s3Binary(): Promise<string> {
  if (existsSync(BINARY)) return BINARY;
  if (go === undefined) throw new Error(WITHOUT_S3);
  process.stderr.write('Building the S3 server of the tests with Go (1 to 3 minutes, once) …\n');
  await mkdir(dirname(CACHE), { recursive: true });
  const folder = await mkdtemp(`${CACHE}-unfinished-`);
  try {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' };
    await promisify(execFile)(go, ['install', '-trimpath', '-ldflags', '-s -w', PACKAGE], { env, maxBuffer: 1e8 });
    await mkdir(CACHE, { recursive: true });
    await rename(join(folder, 'versitygw'), BINARY);
    return BINARY;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await s3Binary()}\n`);
