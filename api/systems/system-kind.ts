/**
 * Sources and destinations are the same resource in all but kind: a named configuration of a connector.
 * @module
 */
import { findDestination, findSource } from '../../connectors/registry.js';
import type { ConnectorInfo } from '../../connectors/sdk/types.js';

export interface SystemKind {
  readonly kind: 'source' | 'destination';
  readonly table: 'sources' | 'destinations';
  /** @throws MillraceError `connector.unknown` */
  readonly find: (connector: string) => ConnectorInfo<unknown>;
}

export const SOURCE: SystemKind = { kind: 'source', table: 'sources', find: findSource };
export const DESTINATION: SystemKind = { kind: 'destination', table: 'destinations', find: findDestination };
