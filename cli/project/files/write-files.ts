/**
 * Files of a project as they are written: whole, never over what is there unless that is asked for.
 * @module
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { MillraceError, errorText } from '../../../platform/errors/error.js';

/** Text by path below the folder. */
export type FileSet = ReadonlyMap<string, string>;

/** YAML with the line by which editors find the schema. */
export function yamlText(schema: 'millrace' | 'connection', { folder, path }: FilePlace, value: unknown): string {
  const url = schemaPath(folder, path, `${schema}.schema.json`);
  return `# yaml-language-server: $schema=${url}\n${stringify(value, { lineWidth: 0, singleQuote: true })}`;
}

export interface FilePlace {
  readonly folder: string;
  readonly path: string;
}

const IN_PACKAGE = 'node_modules/millrace/docs/schema';

/** In the package that the folder, or one above it, has installed; where none has, where `npm install millrace` puts it. */
function schemaPath(folder: string, path: string, name: string): string {
  const from = dirname(join(resolve(folder), path));
  const home = foldersUpFrom(resolve(folder)).find((parent) => existsSync(join(parent, IN_PACKAGE))) ?? resolve(folder);
  const way = relative(from, join(home, IN_PACKAGE, name)).replaceAll('\\', '/');
  return way.startsWith('.') ? way : `./${way}`;
}

function foldersUpFrom(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersUpFrom(parent)];
}

/** @throws MillraceError `project.invalid` when one of them is there already; nothing is written then */
export function writeFiles(folder: string, files: FileSet, { force }: { readonly force: boolean }): void {
  const there = force ? [] : [...files.keys()].filter((path) => existsSync(join(folder, path)));
  if (there.length > 0) {
    throw new MillraceError('project.invalid', {
      detail: `There is already: ${there.join(', ')} in ${folder}. Nothing was written.`,
      suggestion: 'Choose an empty folder.',
    });
  }
  for (const [path, text] of files) writeText(join(folder, path), text);
}

/** @throws MillraceError `request.invalid` where nothing can be written */
export function writeText(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (cause) {
    const detail = `${path} cannot be written: ${errorText(cause)}`;
    throw new MillraceError('request.invalid', { detail, suggestion: 'Choose another place.', cause });
  }
}

/** `crm to warehouse` → `crm-to-warehouse` */
export function slug(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, '-');
  return plain.replaceAll(/^[-.]+|[-.]+$/g, '') || 'unnamed';
}

/** What `.env.example` says of each variable. */
export function envExample(variables: ReadonlyMap<string, string>): string {
  const head = '# Copy to .env, which millrace plan and millrace apply read, or set these in the environment.\n';
  return head + [...variables].map(([name, meaning]) => `# ${meaning}\n${name}=\n`).join('');
}
