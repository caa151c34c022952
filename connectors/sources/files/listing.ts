import { type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../../platform/errors/error.js';
import type { FilesConfig } from './config.js';
import { parseGlob } from '../../../platform/files/glob.js';

export interface SourceFile {
  /** Below the root, with `/`. */
  readonly path: string;
  /** Where it really is. */
  readonly location: string;
  readonly bytes: number;
  readonly modifiedNs: bigint;
  /** When contents, name or place last changed; unlike the date of modification nobody can set it. */
  readonly changedNs: bigint;
}

/** @throws MillraceError `connector.unreachable`, `connector.permission_denied`, `connector.invalid_config` */
export async function openRoot(config: Pick<FilesConfig, 'root'>): Promise<string> {
  try {
    const root = await realpath(fileURLToPath(config.root));
    if (!(await stat(root)).isDirectory()) throw rootError('connector.invalid_config', `${config.root} is not a folder.`);
    await readdir(root);
    return root;
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    throw rootError(
      denied ? 'connector.permission_denied' : 'connector.invalid_config',
      `${config.root} cannot be read: ${String(error)}`,
      error,
    );
  }
}

function rootError(
  code: 'connector.permission_denied' | 'connector.invalid_config',
  detail: string,
  cause?: unknown,
): MillraceError {
  return new MillraceError(code, { detail, path: 'config.root', cause });
}

/**
 * The files that match, by path. Links are followed as far as they stay below the root; whatever leads outside is left out
 * and named to `outside`.
 */
export async function listFiles(root: string, pattern: string, outside: (path: string) => void): Promise<SourceFile[]> {
  const glob = parseGlob(pattern);
  const found: SourceFile[] = [];
  const walk = async (folder: string, parents: readonly string[]): Promise<void> => {
    for (const entry of await entries(join(root, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const real = await resolveInside(root, path, entry);
      if (real === undefined) continue;
      if (real === 'outside') outside(path);
      else if (real.isFolder && glob.mayContain(path) && !parents.includes(real.location))
        await walk(path, [...parents, real.location]);
      else if (!real.isFolder && glob.matches(path)) found.push(...(await existing(path, real.location)));
    }
  };
  await walk('', [root]);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const existing = async (path: string, location: string): Promise<SourceFile[]> =>
  [await sourceFile(path, location)].filter((file) => file !== undefined);

async function entries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw rootError('connector.permission_denied', `${folder} cannot be read.`, error);
  }
}

/** Undefined for what is neither file nor folder, or gone by now. */
async function resolveInside(
  root: string,
  path: string,
  entry: Dirent,
): Promise<{ location: string; isFolder: boolean } | 'outside' | undefined> {
  const location = join(root, path);
  if (!entry.isSymbolicLink())
    return entry.isFile() || entry.isDirectory() ? { location, isFolder: entry.isDirectory() } : undefined;
  try {
    const target = await realpath(location);
    if (!target.startsWith(root + sep)) return 'outside';
    const facts = await stat(target);
    return facts.isFile() || facts.isDirectory() ? { location: target, isFolder: facts.isDirectory() } : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when it is gone by now. */
export async function sourceFile(path: string, location: string): Promise<SourceFile | undefined> {
  try {
    const facts = await stat(location, { bigint: true });
    return { path, location, bytes: Number(facts.size), modifiedNs: facts.mtimeNs, changedNs: facts.ctimeNs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Same contents, as far as the file system can tell. */
export function isSameFile(a: SourceFile, b: SourceFile): boolean {
  return a.location === b.location && a.bytes === b.bytes && a.modifiedNs === b.modifiedNs && a.changedNs === b.changedNs;
}
