import type { Engine } from '../platform/duckdb/engine.js';
import type { MetadataStore } from '../platform/db/store.js';
import type { ConnectorLog } from '../connectors/sdk/types.js';
import type { SecretProviders } from '../platform/secrets/providers.js';
import type { Stage } from '../stage/store.js';

/** What the worker gives to all activities. */
export interface ActivityDependencies {
  readonly store: MetadataStore;
  readonly stage: Stage;
  /** Trusted DuckDB of this process: never runs SQL of users. */
  readonly engine: Engine;
  /** Where the references in configurations lead. */
  readonly secrets: SecretProviders;
  readonly log: ConnectorLog;
  /** About how much one slice holds. */
  readonly sliceBytes: number;
}
