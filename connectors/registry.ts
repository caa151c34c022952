/**
 * Every connector that can be used here, by id: those of this build, and those that packages of others have added at the
 * start (`connectors/packages`).
 * @module
 */
import { MillraceError } from '../platform/errors/error.js';
import { millraceVersion } from '../platform/config/version.js';
import type { ConnectorKind } from './sdk/definition.js';
import type { DestinationDefinition } from './sdk/destination.js';
import type { SourceDefinition } from './sdk/types.js';
import parquetDestination from './destinations/parquet/index.js';
import postgresDestination from './destinations/postgres/index.js';
import filesSource from './sources/files/index.js';
import mysqlSource from './sources/mysql/index.js';
import postgresSource from './sources/postgres/index.js';

/** A connector whose configuration type is known only to itself; `config` has passed its schema. */
export type AnySource = SourceDefinition<unknown>;
export type AnyDestination = DestinationDefinition<unknown>;

/** The package that a connector comes from. */
export interface Origin {
  readonly package: string;
  readonly version: string;
}

const byId = <T extends { readonly id: string }>(connectors: readonly T[]): Map<string, T> =>
  new Map(connectors.map((connector) => [connector.id, connector]));

const known = {
  source: byId<AnySource>([filesSource as AnySource, mysqlSource as AnySource, postgresSource as AnySource]),
  destination: byId<AnyDestination>([parquetDestination as AnyDestination, postgresDestination as AnyDestination]),
};
const origins = new WeakMap<AnySource | AnyDestination, Origin>();
const broken = new Map<string, string>();

export const sources: ReadonlyMap<string, AnySource> = known.source;
export const destinations: ReadonlyMap<string, AnyDestination> = known.destination;

/** Where a connector comes from. */
export function originOf(connector: AnySource | AnyDestination): Origin {
  return origins.get(connector) ?? { package: 'millrace', version: millraceVersion() };
}

/** A connector of somebody else. The same one may come again. @throws MillraceError `setup.invalid` when its id is taken */
export function registerConnector(kind: ConnectorKind, connector: AnySource | AnyDestination, origin: Origin): void {
  const connectors = known[kind] as Map<string, AnySource | AnyDestination>;
  const owner = connectors.get(connector.id);
  if (owner === connector) return;
  if (owner) throw idTaken(kind, connector.id, { owner: originOf(owner), origin });
  origins.set(connector, origin);
  connectors.set(connector.id, connector);
}

/** Remembers a package that could not be loaded, so that whoever misses its connectors learns why. */
export function noteBroken(name: string, why: string): void {
  broken.set(name, why);
}

/** @throws MillraceError `connector.unknown` */
export function findSource(id: string): AnySource {
  return found(sources, 'source', id);
}

/** @throws MillraceError `connector.unknown` */
export function findDestination(id: string): AnyDestination {
  return found(destinations, 'destination', id);
}

function found<T>(connectors: ReadonlyMap<string, T>, kind: ConnectorKind, id: string): T {
  const connector = connectors.get(id);
  if (connector) return connector;
  const notLoaded = [...broken].map(([name, why]) => ` ${name} could not be loaded: ${why}`).join('');
  throw new MillraceError('connector.unknown', {
    detail: `There is no ${kind} connector '${id}'. Known: ${[...connectors.keys()].join(', ')}.${notLoaded}`,
    path: 'connector',
  });
}

function idTaken(kind: ConnectorKind, id: string, { owner, origin }: { owner: Origin; origin: Origin }): MillraceError {
  return new MillraceError('setup.invalid', {
    detail: `${origin.package} ${origin.version} declares the ${kind} '${id}', which ${owner.package} ${owner.version} has already.`,
    suggestion: 'Give one of them another id, or remove one of the packages.',
  });
}
