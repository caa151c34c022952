/**
 * Projects without a server: files in a folder of their own, and what an API would hold after a plan was carried out.
 * @module
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connectorViews } from '../../api/connectors/connector-view.js';
import { workOf } from '../../cli/project/apply.js';
import { type Comparison, compare } from '../../cli/project/compare.js';
import { checkSystem, connectionProblems } from '../../cli/project/desired.js';
import type { Existing, ExistingConnection, ExistingSystem } from '../../cli/project/existing.js';
import { readProject } from '../../cli/project/files/read-project.js';
import type { Planned } from '../../cli/project/plan.js';
import type { Connector } from '../../client/index.js';

export const CONNECTORS = connectorViews() as unknown as readonly Connector[];
export const EMPTY: Existing = { systems: [], connections: [] };

export function writeProject(folder: string, files: Readonly<Record<string, string>>): void {
  rmSync(join(folder, 'connections'), { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

export interface ComparedFolder extends Comparison {
  /** Of the files themselves. */
  readonly mistakes: readonly string[];
}

/** What it takes from `existing` to what the folder says. */
export function compareFolder(
  folder: string,
  existing: Existing,
  options: { readonly environment?: Readonly<Record<string, string>>; readonly updateSecrets?: boolean } = {},
): ComparedFolder {
  const { environment = {}, updateSecrets = false } = options;
  const files = readProject(folder, environment);
  const checked = files.systems.map((entry) => checkSystem(entry, CONNECTORS));
  const source = CONNECTORS.find(({ id, kind }) => id === 'postgres' && kind === 'source');
  const wrong = [
    ...checked.flatMap(({ problems }) => problems),
    ...files.connections.flatMap((entry) => connectionProblems(entry, source)),
  ];
  const systems = checked.map(({ found }) => found);
  const desired = { project: files.name, systems, connections: files.connections, updateSecrets };
  return { ...compare(desired, existing), mistakes: wrong.map(({ path, message }) => `${path} ${message}`) };
}

let made = 0;

/** What is there after the steps, as the API would tell it. */
export function after(existing: Existing, { steps, ends }: Pick<Comparison, 'steps' | 'ends'>): Existing {
  let now = existing;
  const ids = { source: new Map(ends.source), destination: new Map(ends.destination) };
  for (const { does, step } of workOf(steps)) {
    if (does === 'delete') now = without(now, step);
    else if (step.system) now = withSystem(now, step, { isNew: does === 'create', ids });
    else now = withConnection(now, step, { isNew: does === 'create', ids });
  }
  return now;
}

type Ids = Record<'source' | 'destination', Map<string, string | undefined>>;

interface Around {
  readonly isNew: boolean;
  readonly ids: Ids;
}

function without({ systems, connections }: Existing, { id }: Planned): Existing {
  const stays = (resource: { readonly id: string }): boolean => resource.id !== id;
  return { systems: systems.filter(stays), connections: connections.filter(stays) };
}

function withSystem(now: Existing, step: Planned, { isNew, ids }: Around): Existing {
  const { kind, name, system: write } = step;
  if (kind === 'connection' || !write) return now;
  const old = isNew ? undefined : now.systems.find(({ id }) => id === step.id);
  const id = old?.id ?? newId(kind);
  ids[kind].set(name, id);
  const config = write.config ? seenFromOutside(write.config) : (old?.config ?? {});
  const system: ExistingSystem = { ...stamped(id, name), kind, connector: write.connector, config, labels: write.labels };
  return { ...now, systems: [...now.systems.filter((other) => other.id !== id), system] };
}

function withConnection(now: Existing, step: Planned, { isNew, ids }: Around): Existing {
  const { name, connection: write } = step;
  if (!write) return now;
  const old = isNew ? undefined : now.connections.find(({ id }) => id === step.id);
  const id = old?.id ?? newId('connection');
  const sourceId = old?.sourceId ?? ids.source.get(write.source) ?? '';
  const destinationId = old?.destinationId ?? ids.destination.get(write.destination) ?? '';
  const { settings, labels } = write;
  const connection: ExistingConnection = { ...stamped(id, name), kind: 'connection', sourceId, destinationId, settings, labels };
  return { ...now, connections: [...now.connections.filter((other) => other.id !== id), connection] };
}

function stamped(id: string, name: string) {
  const createdAt = new Date(made).toISOString();
  return { id, name, createdAt, updatedAt: createdAt };
}

const newId = (kind: string): string => `${kind}_${(made += 1)}`;

/** Postgres marks these two. */
function seenFromOutside(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = Object.entries(config).map(([key, value]): [string, unknown] => {
    if (key !== 'url' && key !== 'password') return [key, value];
    return [key, typeof value === 'string' ? { set: true } : value];
  });
  return Object.fromEntries(shown.filter(([key]) => config[key] !== null));
}
