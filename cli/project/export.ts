/**
 * `millrace export`: what the API has, as the files that make it.
 * @module
 */
import { MillraceError } from '../../platform/errors/error.js';
import { isRecord } from '../../platform/secrets/schema-walk.js';
import { isSecretView } from './diff.js';
import type { Existing, ExistingConnection, ExistingSystem } from './existing.js';
import { PROJECT_FILE } from './files/file-schemas.js';
import { escapeInterpolation } from './files/interpolate.js';
import { type FileSet, envExample, slug, yamlText } from './files/write-files.js';
import { ownLabels, projectOf } from './marks.js';
import { type Found, variableFor, writtenReference } from './secrets.js';
import { briefSettings } from './settings.js';

export interface ExportOptions {
  readonly folder: string;
  /** Of sources and destinations by id, exported or not. */
  readonly names: ReadonlyMap<string, string>;
  /** Of the project; what is already marked decides when absent. */
  readonly name?: string;
}

export interface Exported {
  readonly project: string;
  readonly files: FileSet;
  /** Their values have to be set before the files can be applied. */
  readonly variables: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws MillraceError `project.conflict` when two have one name: files tell them by it */
export function exportFiles(existing: Existing, { folder, name, names }: ExportOptions): Exported {
  refuseDoubles([...existing.systems, ...existing.connections]);
  const owners = new Set([...existing.systems, ...existing.connections].map(({ labels }) => projectOf(labels)));
  const [only] = [...owners].filter((owner) => owner !== undefined);
  const project = name ?? only ?? slug(folder.split(/[\\/]/).at(-1) ?? '');
  const variables = new Map<string, string>();
  const systems = (kind: ExistingSystem['kind']): object => {
    const own = byName(existing.systems.filter((system) => system.kind === kind));
    return Object.fromEntries(own.map((system) => entryOf(system, existing, variables)));
  };
  const main = { name: project, sources: systems('source'), destinations: systems('destination') };
  const files = new Map([[PROJECT_FILE, yamlText('millrace', { folder, path: PROJECT_FILE }, main)]]);
  for (const [path, value] of connectionFiles(existing, names)) files.set(path, yamlText('connection', { folder, path }, value));
  if (variables.size > 0) files.set('.env.example', envExample(variables));
  const others = [...owners].filter((owner) => owner !== undefined && owner !== project);
  return { project, files, variables: [...variables.keys()], warnings: warningsOf(others) };
}

function warningsOf(others: readonly (string | undefined)[]): readonly string[] {
  if (others.length === 0) return [];
  return [`Some of it belongs to the project ${others.join(', ')}, and only that project may apply it: see export --project.`];
}

function refuseDoubles(resources: readonly (ExistingSystem | ExistingConnection)[]): void {
  const first = new Map<string, string>();
  for (const { kind, name, id } of resources) {
    const other = first.get(`${kind} ${name}`);
    if (other !== undefined) {
      const detail = `Two ${kind}s are named ${name}: ${other} and ${id}.`;
      throw new MillraceError('project.conflict', { detail, suggestion: 'Give one of them another name first.' });
    }
    first.set(`${kind} ${name}`, id);
  }
}

function byName<Item extends { readonly name: string }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function entryOf(system: ExistingSystem, { systems }: Existing, variables: Map<string, string>): readonly [string, object] {
  const { kind, name, connector, config } = system;
  const isShared = systems.some((other) => other.kind !== kind && other.name === name);
  const owner = isShared ? `${name}_${kind}` : name;
  const secretText: SecretText = (view, path) => {
    if ('ref' in view) return writtenReference(escapeInterpolation(view.ref));
    const variable = unusedName(variableFor(owner, path), variables);
    variables.set(variable, `${path.join('.')} of the ${kind} ${name}`);
    return `\${${variable}}`;
  };
  return [name, { connector, config: written(config, secretText), ...labelsOf(system) }];
}

function unusedName(name: string, taken: ReadonlyMap<string, string>): string {
  return taken.has(name) ? unusedName(`${name}_`, taken) : name;
}

type SecretText = (view: { set: true } | { ref: string }, path: Found['path']) => unknown;

const NO_SECRETS: SecretText = () => '';

/** A copy in which no text is taken for a variable. */
function written(value: unknown, secretText: SecretText, path: Found['path'] = []): unknown {
  if (typeof value === 'string') return escapeInterpolation(value);
  if (isSecretView(value)) return secretText(value, path);
  if (Array.isArray(value)) return value.map((item, index) => written(item, secretText, [...path, index]));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, written(inner, secretText, [...path, key])]));
}

function labelsOf({ labels }: ExistingSystem | ExistingConnection): { readonly labels?: unknown } {
  const own = ownLabels(labels);
  return Object.keys(own).length === 0 ? {} : { labels: written(own, NO_SECRETS) };
}

function connectionFiles({ connections }: Existing, names: ExportOptions['names']): ReadonlyMap<string, unknown> {
  const nameOf = (id: string): string => names.get(id) ?? id;
  const files = new Map<string, unknown>();
  for (const connection of byName(connections)) {
    const { name, sourceId, destinationId, settings } = connection;
    const ends = { source: nameOf(sourceId), destination: nameOf(destinationId) };
    const value = { name, ...ends, ...(written(briefSettings(settings), NO_SECRETS) as object), ...labelsOf(connection) };
    files.set(unusedPath(slug(name), files), value);
  }
  return files;
}

function unusedPath(name: string, taken: ReadonlyMap<string, unknown>, number = 1): string {
  const path = `connections/${name}${number === 1 ? '' : `-${number}`}.yaml`;
  return taken.has(path) ? unusedPath(name, taken, number + 1) : path;
}

export interface Selection {
  /** Only what this project has made. */
  readonly project?: string;
  /** Only these connections, and what they use. */
  readonly ids?: readonly string[];
}

/** What belongs to others is used by its name, and is not exported with a project. */
export function selectExisting({ systems, connections }: Existing, { project, ids }: Selection): Existing {
  const isOf = ({ labels }: ExistingSystem | ExistingConnection): boolean =>
    project === undefined || projectOf(labels) === project;
  const chosen = connections.filter((one) => isOf(one) && (ids === undefined || ids.includes(one.id)));
  const used = new Set(chosen.flatMap(({ sourceId, destinationId }) => [sourceId, destinationId]));
  return { connections: chosen, systems: systems.filter((one) => isOf(one) && (ids === undefined || used.has(one.id))) };
}
