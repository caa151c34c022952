/**
 * The Temporal server's binary, from the first place that has one: PATH, the cache, the official download, a Go build.
 * @module
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { MillraceError } from '../errors/error.js';
import { buildWithGo } from './build.js';
import { downloadRelease } from './download.js';
import { CLI_VERSION, type ReleaseArchive, releaseArchive, unfitReason } from './release.js';

export interface FindOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told each wait and each place that had nothing, in one line for people. */
  readonly say: (line: string) => void;
  /** What to download; the official release for this system when absent. */
  readonly archive?: ReleaseArchive;
}

/** One place to look. Gives the binary, or the reason why this place has none. */
type Place = (options: FindOptions) => Promise<{ readonly binary: string } | { readonly reason: string }>;

const PLACES: readonly Place[] = [fromPath, fromCache, fromDownload, fromGo];

/** @throws MillraceError `setup.unavailable` that names every way to get one */
export async function findTemporal(options: FindOptions): Promise<string> {
  const reasons: string[] = [];
  for (const place of PLACES) {
    const found = await place(options);
    if ('binary' in found) return found.binary;
    reasons.push(found.reason);
  }
  throw nothingFound(reasons);
}

/** `${XDG_CACHE_HOME:-~/.cache}/millrace/temporal-<version>/temporal` */
export function cachedBinary(env: NodeJS.ProcessEnv): string {
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(cache, 'millrace', `temporal-${CLI_VERSION}`, 'temporal');
}

async function fromPath({ env, say }: FindOptions): ReturnType<Place> {
  const binary = onPath('temporal', env);
  if (binary === undefined) return { reason: 'no `temporal` on PATH' };
  const unfit = await unfitReason(binary);
  if (unfit === undefined) return { binary };
  say(`Not using ${binary}: ${unfit}.`);
  return { reason: `${binary} on PATH: ${unfit}` };
}

async function fromCache({ env, say }: FindOptions): ReturnType<Place> {
  const binary = cachedBinary(env);
  if (!existsSync(binary)) return { reason: `none cached at ${binary}` };
  const unfit = await unfitReason(binary);
  if (unfit === undefined) return { binary };
  say(`Replacing ${binary}: ${unfit}.`);
  return { reason: `${binary}: ${unfit}` };
}

async function fromDownload({
  env,
  say,
  archive = releaseArchive(process.platform, process.arch),
}: FindOptions): ReturnType<Place> {
  if (!archive) return { reason: `no release to download for ${process.platform} ${process.arch}` };
  return settle('download', () => downloadRelease(archive, cachedBinary(env), say));
}

async function fromGo({ env, say }: FindOptions): ReturnType<Place> {
  const go = onPath('go', env);
  if (go === undefined) return { reason: 'no Go on PATH to build it with' };
  return settle('build with Go', () => buildWithGo({ go, target: cachedBinary(env), env, say }));
}

async function settle(what: string, get: () => Promise<string>): ReturnType<Place> {
  try {
    return { binary: await get() };
  } catch (error) {
    return { reason: `${what}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(existsSync);
}

function nothingFound(reasons: readonly string[]): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `There is no Temporal server, and none can be had here: ${reasons.join('; ')}.`,
    suggestion:
      'Do one of these: set TEMPORAL_ADDRESS to a running server; install the Temporal CLI so that `temporal` is on PATH ' +
      '(https://docs.temporal.io/cli); allow the download from temporal.download; install Go, and it is built once.',
  });
}
