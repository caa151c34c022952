import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { MillraceError } from '../../platform/errors/error.js';
import type { Origin } from '../registry.js';
import { entryOf } from './entry.js';

/** A module that declares connectors. */
export interface ConnectorModule {
  readonly origin: Origin;
  /** The file to import. */
  readonly entry: string;
}

const CONNECTOR_NAME = /^(@[^/]+\/)?millrace-connector-[^/]+$/;
const names = z.record(z.string(), z.string()).default({});
const PROJECT = z.object({ dependencies: names, optionalDependencies: names });
const PACKAGE = z.looseObject({
  name: z.string().default('(no name)'),
  version: z.string().default('0.0.0'),
  main: z.string().optional(),
  exports: z.unknown().optional(),
});

export type PackageFile = z.infer<typeof PACKAGE>;

/** Names of connector packages among the dependencies of the project in a folder; none where there is no project. */
export function connectorDependencies(folder: string): readonly string[] {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return [];
  const { dependencies, optionalDependencies } = readJson(file, PROJECT);
  return Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => CONNECTOR_NAME.test(name));
}

/**
 * What a package name, a path or a `file:` URL stands for, seen from a folder.
 * @throws MillraceError `setup.invalid` when nothing is there
 */
export function findModule(specifier: string, folder: string): ConnectorModule {
  const path = pathOf(specifier, folder);
  if (path === undefined) return fromFolder(packageFolder(specifier, folder), specifier);
  if (!existsSync(path)) throw setup(`${specifier}: there is nothing at ${path}.`, 'Correct the path.');
  if (statSync(path).isDirectory()) return fromFolder(path, specifier);
  return { origin: originOfFile(path), entry: realpathSync(path) };
}

function pathOf(specifier: string, folder: string): string | undefined {
  if (specifier.startsWith('file://')) return fileURLToPath(specifier);
  return /^\.{1,2}(\/|$)/.test(specifier) || isAbsolute(specifier) ? resolve(folder, specifier) : undefined;
}

/** As Node looks for it: in `node_modules` of the folder, then of those above. */
function packageFolder(name: string, folder: string): string {
  for (let place = folder; ; place = dirname(place)) {
    const candidate = join(place, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (place === dirname(place))
      throw setup(`${name} is not installed in ${folder}.`, `Install it: npm install ${name}. A folder is given as ./${name}.`);
  }
}

function fromFolder(path: string, specifier: string): ConnectorModule {
  const folder = realpathSync(path); // its own dependencies are found from where it really is
  const file = join(folder, 'package.json');
  if (!existsSync(file))
    throw setup(`${specifier}: ${folder} holds no package.json.`, 'Name the folder of a package, or a module.');
  const manifest = readJson(file, PACKAGE);
  const entry = join(folder, entryOf(manifest));
  if (!existsSync(entry) || !statSync(entry).isFile())
    throw setup(`${manifest.name}: its entry ${entry} is not there.`, 'Build the package: npm run build.');
  return { origin: { package: manifest.name, version: manifest.version }, entry };
}

/** The package that a file belongs to. */
function originOfFile(path: string): Origin {
  for (let place = dirname(path); place !== dirname(place); place = dirname(place)) {
    const file = join(place, 'package.json');
    if (!existsSync(file)) continue;
    const { name, version } = readJson(file, PACKAGE);
    return { package: name, version };
  }
  return { package: path, version: '0.0.0' };
}

function readJson<T>(file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw setup(`${file} cannot be read as a package.json.`, 'Correct the file.', cause);
  }
}

const setup = (detail: string, suggestion: string, cause?: unknown): MillraceError =>
  new MillraceError('setup.invalid', { detail, suggestion, cause });
