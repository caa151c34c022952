/**
 * From the files of a folder to what they ask for, with every mistake told with its place.
 * @module
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { MillraceError, type FieldError, errorText } from '../../../platform/errors/error.js';
import { fieldPath } from '../../../platform/errors/field-path.js';
import { parseGlob } from '../../../platform/files/glob.js';
import { type ConnectionFile, PROJECT_FILE, type SystemFile, connectionFileSchema, projectFileSchema } from './file-schemas.js';
import type { Environment } from './interpolate.js';
import { type ValuePath, YamlFile } from './yaml-file.js';

export type SystemKind = 'source' | 'destination';

/** Where something stands, for errors about it. */
export interface Origin {
  readonly file: YamlFile;
  readonly path: ValuePath;
}

export interface SystemEntry extends SystemFile {
  readonly kind: SystemKind;
  readonly name: string;
  readonly origin: Origin;
}

export interface ConnectionEntry extends Omit<ConnectionFile, 'name'> {
  readonly name: string;
  readonly origin: Origin;
}

export interface ProjectFiles {
  readonly name: string;
  readonly systems: readonly SystemEntry[];
  readonly connections: readonly ConnectionEntry[];
  /** What is allowed, and still may be a mistake. */
  readonly warnings: readonly string[];
}

/**
 * Reads `millrace.yaml`, the connections that it names, and `.env` for variables that the environment does not have.
 * @throws MillraceError `project.invalid` with the place of every mistake
 */
export function readProject(folder: string, environment: Environment): ProjectFiles {
  if (!existsSync(join(folder, PROJECT_FILE))) throw noProject(folder);
  const variables = { ...dotEnv(folder), ...environment };
  const problems: FieldError[] = [];
  const file = readYaml(folder, PROJECT_FILE, variables);
  const project = parse(file, projectFileSchema, problems);
  if (!project) throw invalidProject(problems);
  const { paths, warnings } = findFiles(folder, [project.connections].flat(), file, problems);
  const connections = paths.flatMap((path) => readConnection(readYaml(folder, path, variables), problems));
  refuseDoubles(connections, problems);
  if (problems.length > 0) throw invalidProject(problems);
  const systems = [...systemsOf('source', project.sources, file), ...systemsOf('destination', project.destinations, file)];
  return { name: project.name, systems, connections, warnings };
}

export function invalidProject(problems: readonly FieldError[]): MillraceError {
  const [first] = problems;
  const one = problems.length === 1 && first ? `${first.path}: ${first.message}` : undefined;
  const detail = one ?? `${problems.length} places in the project's files are wrong.`;
  return new MillraceError('project.invalid', { detail, fields: problems });
}

function noProject(folder: string): MillraceError {
  return new MillraceError('project.invalid', {
    detail: `There is no ${PROJECT_FILE} in ${folder}.`,
    suggestion: 'Make one with millrace init or millrace export, or name the folder: --dir <folder>.',
  });
}

function dotEnv(folder: string): Environment {
  const file = join(folder, '.env');
  return existsSync(file) ? (parseEnv(readFileSync(file, 'utf8')) as Environment) : {};
}

function readYaml(folder: string, path: string, environment: Environment): YamlFile {
  try {
    return new YamlFile(path, readFileSync(join(folder, path), 'utf8'), environment);
  } catch (cause) {
    throw new MillraceError('project.invalid', { detail: `${path} cannot be read: ${errorText(cause)}`, cause });
  }
}

/** What the schema makes of a file; undefined with its problems noted. */
function parse<Schema extends z.ZodType>(file: YamlFile, schema: Schema, problems: FieldError[]): z.output<Schema> | undefined {
  problems.push(...file.problems);
  if (file.problems.length > 0) return undefined;
  const parsed = schema.safeParse(withoutEmpty(file.value));
  if (parsed.success) return parsed.data;
  problems.push(...parsed.error.issues.flatMap((issue) => issueProblems(file, [], issue)));
  return undefined;
}

/** `sources:` with nothing below it is not there, and `x-…` is for what is used elsewhere in the file (`&name`). */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? {};
  return Object.fromEntries(Object.entries(value).filter(([key, inner]) => inner !== null && !key.startsWith('x-')));
}

/** A mistake that a schema has found, each unknown field by itself. */
export function issueProblems(file: YamlFile, base: ValuePath, issue: z.core.$ZodIssue): readonly FieldError[] {
  const path = [...base, ...issue.path];
  const said = (at: ValuePath, text: string): string => (at.length === 0 ? text : `${fieldPath(at)}: ${text}`);
  if (issue.code !== 'unrecognized_keys') return [file.problem(path, issue.code, said(path, issue.message))];
  return issue.keys.map((key) => file.problem([...path, key], 'unknown_field', said([...path, key], 'There is no such field.')));
}

interface FoundFiles {
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
}

/** In the order of their names, each once. A file that is named without any pattern must be there. */
function findFiles(folder: string, patterns: readonly string[], file: YamlFile, problems: FieldError[]): FoundFiles {
  const warnings: string[] = [];
  const paths = patterns.flatMap((pattern) => {
    const found = walk(folder, '', parseGlob(pattern));
    if (found.length === 0 && !/[*?[{]/.test(pattern))
      problems.push(file.problem(['connections'], 'not_found', `There is no file ${pattern}.`));
    else if (found.length === 0) warnings.push(`No file matches ${pattern}: the project has no connections from there.`);
    return found;
  });
  return { paths: [...new Set(paths)].toSorted(), warnings };
}

function walk(root: string, folder: string, glob: ReturnType<typeof parseGlob>): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name !== 'node_modules' && glob.mayContain(path) ? walk(root, path, glob) : [];
    return glob.matches(path) ? [path] : [];
  });
}

function readConnection(file: YamlFile, problems: FieldError[]): readonly ConnectionEntry[] {
  const parsed = parse(file, connectionFileSchema, problems);
  if (!parsed) return [];
  const name = parsed.name ?? basename(file.path).replace(/\.ya?ml$/, '');
  return [{ ...parsed, name, origin: { file, path: [] } }];
}

function refuseDoubles(connections: readonly ConnectionEntry[], problems: FieldError[]): void {
  const first = new Map<string, string>();
  for (const { name, origin } of connections) {
    const other = first.get(name);
    if (other === undefined) first.set(name, origin.file.path);
    else problems.push(origin.file.problem(['name'], 'duplicate', `name: ${other} is named ${name} already.`));
  }
}

function systemsOf(kind: SystemKind, entries: Readonly<Record<string, SystemFile>>, file: YamlFile): readonly SystemEntry[] {
  return Object.entries(entries).map(([name, entry]) => ({ ...entry, kind, name, origin: { file, path: [`${kind}s`, name] } }));
}
