import { open, realpath } from 'node:fs/promises';
import { isAbsolute, normalize, relative } from 'node:path';
import type { SecretProvider } from './providers.js';

/** Where Docker, Podman and many charts put secrets. */
export const USUAL_FOLDERS = ['/run/secrets'] as const;

const MAX_BYTES = 64 * 1024;

export interface FileSecrets {
  /** Files below these may be referred to, and no others. */
  readonly folders?: readonly string[] | undefined;
  /** Millrace's own folder, which holds its keys: never readable, whatever the folders say. */
  readonly home: string;
}

/** Files on the worker's machine; the end of line that editors put at the end is no part of the secret. */
export function fileSecrets({ folders = USUAL_FOLDERS, home }: FileSecrets): SecretProvider {
  return {
    scheme: 'file',
    check: (name) =>
      isAbsolute(name) && normalize(name) === name && !name.includes('\0')
        ? undefined
        : 'A file reference is file: and an absolute path without .. in it.',
    resolve: async (name, signal) => {
      const allowed = await Promise.all(folders.map(realOrSame));
      // as it is written first: what is outside must not even be told from what does not exist
      if (![...folders, ...allowed].some((folder) => isBelow(folder, name))) throw outside(folders);
      const path = await realpath(name).catch(unreadable);
      if (!allowed.some((folder) => isBelow(folder, path)) || isBelow(await realOrSame(home), path)) throw outside(folders);
      return textOf(path, signal);
    },
  };
}

async function textOf(path: string, signal: AbortSignal): Promise<string> {
  const file = await open(path, 'r').catch(unreadable);
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new Error(`is larger than ${MAX_BYTES} bytes`);
    const text = (await file.readFile({ encoding: 'utf8', signal }).catch(unreadable)).replace(/\r?\n$/, '');
    if (text === '') throw new Error('is empty');
    return text;
  } finally {
    await file.close();
  }
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way); // ..data is a folder of Kubernetes
}

async function realOrSame(folder: string): Promise<string> {
  return realpath(folder).catch(() => folder);
}

function outside(folders: readonly string[]): Error {
  return new Error(`may not be read: MILLRACE_SECRET_FILES allows files below ${folders.join(', ') || 'no folder'}`);
}

/** By its code alone: that is enough to act on. */
function unreadable(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  throw new Error(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`, { cause: error });
}
