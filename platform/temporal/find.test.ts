import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MillraceError, isMillraceError } from '../errors/error.js';
import { cachedBinary, findTemporal } from './find.js';
import { type ReleaseArchive, releaseArchive } from './release.js';

let folder: string;
let env: NodeJS.ProcessEnv;
let server: Server | undefined;
const said: string[] = [];
const OUT_OF_REACH: ReleaseArchive = { urls: ['http://127.0.0.1:1/'], sha256: '' };

/** A program that answers --version like the CLI does. The system's own folders are not on this PATH. */
async function program(path: string, script: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const answering = (server: string): string => `echo "temporal version 9.9.9 (Server ${server}, UI 2.42.1)"`;
const find = (archive: ReleaseArchive = OUT_OF_REACH): Promise<string> =>
  findTemporal({ env, archive, say: (line) => said.push(line) });

async function refusal(archive: ReleaseArchive): Promise<MillraceError> {
  const error = await find(archive).catch((thrown: unknown) => thrown);
  if (isMillraceError(error)) return error;
  throw new Error('it was found');
}

/** A real archive behind a real HTTP server. */
async function serveArchive(script: string): Promise<ReleaseArchive> {
  await program(join(folder, 'release', 'temporal'), script);
  const file = join(folder, 'release.tar.gz');
  execFileSync('tar', ['-czf', file, '-C', join(folder, 'release'), 'temporal']);
  const bytes = await readFile(file);
  server = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { urls: [`http://127.0.0.1:${port}/`], sha256: createHash('sha256').update(bytes).digest('hex') };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-find-'));
  env = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache'), HOME: folder };
  said.length = 0;
});

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

describe('the first place that has one wins', () => {
  test('PATH comes before the cache', async () => {
    const onPath = await program(join(folder, 'bin', 'temporal'), answering('1.31.2'));
    await program(cachedBinary(env), answering('1.29.1'));
    expect(await find()).toBe(onPath);
  });

  test('the cache comes when PATH has none', async () => {
    const cached = await program(cachedBinary(env), answering('1.29.1'));
    expect(await find()).toBe(cached);
    expect(said).toEqual([]);
  });

  test.each([
    ['too old a server', answering('1.24.0'), 'older than 1.28'],
    ['another program of that name', 'echo hello', 'names no server'],
    ['a broken program', 'exit 3', 'does not answer --version'],
  ])('%s on PATH is passed over, and said', async (_, script, reason) => {
    const cached = await program(cachedBinary(env), answering('1.29.1'));
    await program(join(folder, 'bin', 'temporal'), script);
    expect(await find()).toBe(cached);
    expect(said.join()).toContain(reason);
  });
});

describe('downloaded', () => {
  test('the archive is unpacked, tried and cached', async () => {
    const release = await serveArchive(answering('1.29.1'));
    expect(await find(release)).toBe(cachedBinary(env));
    expect(said.join()).toContain('Downloading');
    expect(await readdir(dirname(cachedBinary(env)))).toEqual(['temporal']);
  });

  test('a file that is not the released one is refused and leaves nothing', async () => {
    const release = await serveArchive(answering('1.29.1'));
    const error = await refusal({ ...release, sha256: '0'.repeat(64) });
    expect(error.message).toContain('sha256 differs');
    expect(await readdir(dirname(cachedBinary(env)))).toEqual([]);
  });

  test('the second address is tried when the first does not answer', async () => {
    const release = await serveArchive(answering('1.29.1'));
    expect(await find({ ...release, urls: ['http://127.0.0.1:1/', ...release.urls] })).toBe(cachedBinary(env));
  });

  test('many at once do not disturb each other', async () => {
    const release = await serveArchive(answering('1.29.1'));
    const found = await Promise.all([find(release), find(release), find(release)]);
    expect(new Set(found)).toEqual(new Set([cachedBinary(env)]));
    expect(await readdir(dirname(cachedBinary(env)))).toEqual(['temporal']);
  });
});

describe('built with Go', () => {
  test('where the download is out of reach, the build is tried and cached', async () => {
    await program(join(folder, 'bin', 'go'), `/bin/cat > "$GOBIN/temporal" <<'E'\n#!/bin/sh\n${answering('1.29.1')}\nE`);
    expect(await find(OUT_OF_REACH)).toBe(cachedBinary(env));
    expect(said.join()).toContain('3 to 5 minutes');
  });

  test('a failed build ends in its last line', async () => {
    await program(join(folder, 'bin', 'go'), 'echo "dial tcp: no route" >&2; exit 1');
    expect((await refusal(OUT_OF_REACH)).message).toContain('dial tcp: no route');
  });
});

test('when nothing works one message names the four ways', async () => {
  const { code, suggestion } = await refusal(OUT_OF_REACH);
  expect(code).toBe('setup.unavailable');
  for (const way of ['TEMPORAL_ADDRESS', 'on PATH', 'download', 'Go']) expect(suggestion).toContain(way);
});

test('each supported system has an official archive', () => {
  for (const platform of ['linux', 'darwin']) {
    for (const arch of ['x64', 'arm64']) expect(releaseArchive(platform, arch)?.sha256).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(releaseArchive('sunos', 'x64')).toBeUndefined();
});
