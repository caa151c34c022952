/**
 * Every connector this build knows, by id.
 * @module
 */
import { MillraceError } from '../platform/errors/error.js';
import type { DestinationDefinition } from './sdk/destination.js';
import type { SourceDefinition } from './sdk/types.js';
import postgresDestination from './destinations/postgres/index.js';
import filesSource from './sources/files/index.js';
import postgresSource from './sources/postgres/index.js';

/** A connector whose configuration type is known only to itself; `config` has passed its schema. */
export type AnySource = SourceDefinition<unknown>;
export type AnyDestination = DestinationDefinition<unknown>;

const byId = <T extends { readonly id: string }>(connectors: readonly T[]): ReadonlyMap<string, T> =>
  new Map(connectors.map((connector) => [connector.id, connector]));

export const sources = byId<AnySource>([filesSource as AnySource, postgresSource as AnySource]);
export const destinations = byId<AnyDestination>([postgresDestination as AnyDestination]);

/** @throws MillraceError `connector.unknown` */
export function findSource(id: string): AnySource {
  return found(sources, 'source', id);
}

/** @throws MillraceError `connector.unknown` */
export function findDestination(id: string): AnyDestination {
  return found(destinations, 'destination', id);
}

function found<T>(connectors: ReadonlyMap<string, T>, kind: string, id: string): T {
  const connector = connectors.get(id);
  if (connector) return connector;
  throw new MillraceError('connector.unknown', {
    detail: `There is no ${kind} connector '${id}'. Known: ${[...connectors.keys()].join(', ')}.`,
    path: 'connector',
  });
}
