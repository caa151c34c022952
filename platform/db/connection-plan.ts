import type { Knex } from 'knex';
import { runOptionsOf, streamsConfigSchema } from '../../schema/connection-config.js';
import { MillraceError } from '../errors/error.js';
import { decryptConfig } from '../secrets/config.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { prepared } from './direct.js';
import type { ConnectionRow, ConnectionVersionRow, ConnectorRow } from './rows.js';
import type { ConnectionEnds, ConnectionPlan, ConnectorInstance } from './store.js';

const ENDS = `connection.source_id, connection.destination_id, to_json(source) as source, to_json(destination) as destination`;
const WITH_ENDS = `left join sources as source on source.id = connection.source_id and source.deleted_at is null
  left join destinations as destination on destination.id = connection.destination_id and destination.deleted_at is null
  where connection.id = $1 and connection.deleted_at is null`;

const PLAN = {
  name: 'connection plan',
  text: `select connection.id, connection.workspace_id, connection.name, connection.paused, connection.tripped,
      coalesce($2::int, connection.version) as asked, version.version, version.config, ${ENDS}
    from connections as connection
    left join connection_versions as version on version.connection_id = connection.id and version.version = coalesce($2::int, connection.version)
    ${WITH_ENDS}`,
};

const ONLY_ENDS = { name: 'connection ends', text: `select ${ENDS} from connections as connection ${WITH_ENDS}` };

interface FoundEnds extends Pick<ConnectionRow, 'source_id' | 'destination_id'> {
  /** Null when it is not there. */
  readonly source: ConnectorRow | null;
  readonly destination: ConnectorRow | null;
}

type Found = FoundEnds &
  Pick<ConnectionRow, 'id' | 'workspace_id' | 'name' | 'paused' | 'tripped'> &
  Pick<ConnectionVersionRow, 'config'> & {
    readonly asked: number;
    /** Null when it is not there. */
    readonly version: number | null;
  };

/** @throws MillraceError `request.not_found` for whatever of it is not there */
export async function readConnection(db: Knex, ring: KeyRing, id: string, version?: number): Promise<ConnectionPlan> {
  const [row] = await prepared<Found>(db, PLAN, [id, version ?? null]);
  if (!row) throw noConnection(id);
  if (row.version === null) throw notFound(`Connection ${id} has no version ${row.asked}.`);
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    version: row.version,
    paused: row.paused,
    tripped: row.tripped,
    ...runOptionsOf(row.config),
    schedule: row.config.schedule,
    streams: streamsConfigSchema.parse(row.config.streams),
    ...endsOf(row, ring),
  };
}

/** @throws MillraceError `request.not_found` for whatever of it is not there */
export async function readEnds(db: Knex, ring: KeyRing, id: string): Promise<ConnectionEnds> {
  const [row] = await prepared<FoundEnds>(db, ONLY_ENDS, [id]);
  if (!row) throw noConnection(id);
  return endsOf(row, ring);
}

const endsOf = ({ source_id, source, destination_id, destination }: FoundEnds, ring: KeyRing): ConnectionEnds => ({
  source: connectorOf('source', { id: source_id, row: source, ring }),
  destination: connectorOf('destination', { id: destination_id, row: destination, ring }),
});

/** @throws MillraceError `request.not_found` */
export async function readConnector(
  db: Knex,
  ring: KeyRing,
  { kind, id }: { readonly kind: 'source' | 'destination'; readonly id: string },
): Promise<ConnectorInstance> {
  const row = await db<ConnectorRow>(`${kind}s`).where({ id, deleted_at: null }).first();
  return connectorOf(kind, { id, row: row ?? null, ring });
}

function connectorOf(
  kind: 'source' | 'destination',
  { id, row, ring }: { readonly id: string; readonly row: ConnectorRow | null; readonly ring: KeyRing },
): ConnectorInstance {
  if (!row) throw notFound(`There is no ${kind} ${id}.`);
  return { id: row.id, name: row.name, connector: row.connector, config: decryptConfig(row.config, ring) };
}

const noConnection = (id: string): MillraceError => notFound(`There is no connection ${id}.`);

const notFound = (detail: string): MillraceError => new MillraceError('request.not_found', { detail });
