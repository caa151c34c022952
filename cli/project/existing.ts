import { type Client, type Connection, type System, every } from '../../client/index.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { SystemKind } from './files/read-project.js';
import { type Settings, settingsOf } from './settings.js';

export type Kind = SystemKind | 'connection';

interface Resource {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ExistingSystem extends Resource {
  readonly kind: SystemKind;
  readonly connector: string;
  /** Secrets as the API shows them. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface ExistingConnection extends Resource {
  readonly kind: 'connection';
  readonly sourceId: string;
  readonly destinationId: string;
  readonly settings: Settings;
}

/** What the API has, whoever made it. */
export interface Existing {
  readonly systems: readonly ExistingSystem[];
  readonly connections: readonly ExistingConnection[];
}

const PAGE = { limit: 200 };

export async function readExisting(api: Client): Promise<Existing> {
  const [sources, destinations, connections] = await Promise.all([
    allOf(every(api.listSources, PAGE), (system) => existingSystem('source', system)),
    allOf(every(api.listDestinations, PAGE), (system) => existingSystem('destination', system)),
    allOf(every(api.listConnections, PAGE), existingConnection),
  ]);
  return { systems: [...sources, ...destinations], connections };
}

async function allOf<Item, Result>(items: AsyncIterable<Item>, map: (item: Item) => Result): Promise<readonly Result[]> {
  const results: Result[] = [];
  for await (const item of items) results.push(map(item));
  return results;
}

function existingSystem(kind: SystemKind, system: System): ExistingSystem {
  return { ...system, kind };
}

function existingConnection(connection: Connection): ExistingConnection {
  const { id, name, labels, createdAt, updatedAt, sourceId, destinationId } = connection;
  const settings = knownSettings(connection);
  return { kind: 'connection', id, name, labels, createdAt, updatedAt, sourceId, destinationId, settings };
}

function knownSettings(connection: Connection): Settings {
  try {
    return settingsOf(connection);
  } catch (cause) {
    throw new MillraceError('setup.invalid', {
      detail: `The connection ${connection.name} (${connection.id}) has settings that this version of millrace does not know.`,
      suggestion: 'Use the version that the API has.',
      cause,
    });
  }
}

/** The operations of a kind under one name each. */
export function operationsOf(api: Client, kind: Kind) {
  if (kind === 'source') return { get: api.getSource, remove: api.deleteSource };
  if (kind === 'destination') return { get: api.getDestination, remove: api.deleteDestination };
  return { get: api.getConnection, remove: api.deleteConnection };
}

/** The revision of what was read. @throws MillraceError `request.stale` when it has changed since */
export async function etagOf(api: Client, kind: Kind, { id, name, updatedAt }: Resource): Promise<string> {
  let etag = '';
  const now = await operationsOf(api, kind).get({ id }, { onHeaders: (headers) => (etag = headers.get('etag') ?? '') });
  if (now.updatedAt === updatedAt) return etag;
  const detail = `The ${kind} ${name} was changed while the plan was made.`;
  throw new MillraceError('request.stale', { detail, suggestion: 'Plan again.' });
}
