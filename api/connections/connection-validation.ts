import { findDestination, findSource } from '../../connectors/registry.js';
import type { ConnectionConfig, ConnectorRow } from '../../platform/db/rows.js';
import { MillraceError, type FieldError } from '../../platform/errors/error.js';
import { inWords } from '../../platform/errors/field-path.js';
import { decryptConfig } from '../../platform/secrets/config.js';
import type { KeyRing } from '../../platform/secrets/key-ring.js';
import { withExamples } from '../../platform/secrets/reference.js';
import type { StreamConfig } from '../../schema/connection-config.js';
import {
  cursorErrors,
  destinationErrors,
  distanceErrors,
  sharedTargetErrors,
  targetKey,
  targetText,
} from '../../schema/connection-rules.js';
import { scheduleErrors } from '../../schema/schedule-rules.js';
import { targetOf } from '../../schema/target-name.js';
import type { Target } from '../../schema/types.js';
import type { ConnectionStore, StoredConnection } from './connection-store.js';
import { sqlErrors } from './sql-check.js';

export interface Candidate {
  readonly workspaceId: string;
  /** Absent while it does not exist yet. */
  readonly connectionId?: string;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly config: ConnectionConfig;
}

/** The names that people see in Temporal. */
export interface Ends {
  readonly source: ConnectorRow;
  readonly destination: ConnectorRow;
}

/**
 * Everything that can be known before a run: refused here, with the path, instead of by the first run.
 * @throws MillraceError `connection.invalid`, `transform.refused_sql`, `load.target_owned`
 */
export async function validateConnection(store: ConnectionStore, candidate: Candidate, ring: KeyRing): Promise<Ends> {
  const ends = await loadEnds(store, candidate);
  const resolve = targetResolver(ends.destination, ring);
  refuse('connection.invalid', configErrors(candidate.config, ends, resolve));
  refuse('transform.refused_sql', await sqlErrors(candidate.config.streams));
  refuse('load.target_owned', await ownedTargetErrors(store, candidate, resolve));
  return ends;
}

/**
 * What has to hold for a deleted connection to go on where it was: its ends are there, and nobody wrote its targets meanwhile.
 * @throws MillraceError `request.conflict`, `load.target_owned`
 */
export async function validateRestore(store: ConnectionStore, row: StoredConnection, ring: KeyRing): Promise<Ends> {
  const { id: connectionId, workspace_id: workspaceId, source_id: sourceId, destination_id: destinationId, config } = row;
  const destination = await store.lockDestination(workspaceId, destinationId);
  const source = await store.holdSource(workspaceId, sourceId);
  if (!source) throw endDeleted('source', sourceId);
  if (!destination) throw endDeleted('destination', destinationId);
  const resolve = targetResolver(destination, ring);
  const candidate = { workspaceId, connectionId, sourceId, destinationId, config };
  refuse('load.target_owned', await ownedTargetErrors(store, candidate, resolve));
  refuse('load.target_owned', await writtenTargetErrors(store, row, resolve));
  return { source, destination };
}

/** Tables that a connection wrote after this one was deleted, and that was then deleted, too: positions say nothing of them. */
async function writtenTargetErrors(
  store: ConnectionStore,
  { id, deleted_at: deletedAt, destination_id: destinationId, config }: StoredConnection,
  resolve: ResolveTarget,
): Promise<readonly FieldError[]> {
  const own = new Map(config.streams.map((stream, index) => [targetKey(resolve(config, stream)), index]));
  const errors: FieldError[] = [];
  for (const other of await store.ofDestination(destinationId)) {
    const shared = other.config.streams.map((stream) => own.get(targetKey(resolve(other.config, stream))));
    const index = shared.find((found) => found !== undefined);
    if (index === undefined || other.id === id || !deletedAt) continue;
    const lastRunAt = await store.lastRunAt(other.id);
    if (!lastRunAt || lastRunAt < deletedAt) continue;
    errors.push({
      path: `streams[${index}].target`,
      code: 'written',
      message: `${other.id} (${other.name}), which is deleted now, has written its target since.`,
      suggestion: 'Create a new connection.',
    });
  }
  return errors;
}

function endDeleted(kind: 'source' | 'destination', id: string): MillraceError {
  return new MillraceError('request.conflict', {
    detail: `The ${kind} ${id} of the connection is deleted.`,
    path: `${kind}Id`,
    suggestion: `Restore it first: POST /v1/${kind}s/${id}/restore.`,
  });
}

type ResolveTarget = (connection: Pick<ConnectionConfig, 'targetNames'>, stream: StreamConfig) => Target;

/** Names need no secrets: references stay unresolved. */
function targetResolver(destination: ConnectorRow, ring: KeyRing): ResolveTarget {
  const connector = findDestination(destination.connector);
  const config = connector.config.parse(withExamples(connector.config, decryptConfig(destination.config, ring)));
  const usual = (stream: string): Target => connector.defaultTarget(config, stream);
  return ({ targetNames }, stream) => targetOf(stream, { targetNames, usual });
}

async function loadEnds(store: ConnectionStore, candidate: Candidate): Promise<Ends> {
  const destination = await store.lockDestination(candidate.workspaceId, candidate.destinationId);
  const source = await store.holdSource(candidate.workspaceId, candidate.sourceId);
  refuse('connection.invalid', [
    ...(source ? [] : [missing('sourceId', `There is no source ${candidate.sourceId}.`)]),
    ...(destination ? [] : [missing('destinationId', `There is no destination ${candidate.destinationId}.`)]),
  ]);
  return { source: source as ConnectorRow, destination: destination as ConnectorRow };
}

function configErrors(
  connection: ConnectionConfig,
  { source, destination }: Ends,
  resolve: ResolveTarget,
): readonly FieldError[] {
  const { schedule, streams } = connection;
  const cursor = findSource(source.connector).cursor ?? 'field';
  return [
    ...scheduleErrors(schedule),
    ...cursorErrors(streams, cursor),
    ...distanceErrors(streams, cursor),
    ...destinationErrors(streams, findDestination(destination.connector)),
    ...sharedTargetErrors(streams.map((stream) => resolve(connection, stream))),
  ];
}

/** The final word has the destination itself, which several installations may share. */
async function ownedTargetErrors(
  store: ConnectionStore,
  candidate: Candidate,
  resolve: ResolveTarget,
): Promise<readonly FieldError[]> {
  const all = await store.ofDestination(candidate.destinationId);
  const others = all.filter((other) => other.id !== candidate.connectionId && !other.deleted_at);
  const owners = new Map(
    others.flatMap((other) => other.config.streams.map((stream) => [targetKey(resolve(other.config, stream)), other])),
  );
  return candidate.config.streams.flatMap((stream, index): FieldError[] => {
    const target = resolve(candidate.config, stream);
    const owner = owners.get(targetKey(target));
    if (!owner) return [];
    return [
      {
        path: `streams[${index}].target`,
        code: 'owned',
        message: `${owner.id} (${owner.name}) writes ${targetText(target)} already.`,
      },
    ];
  });
}

function missing(path: string, message: string): FieldError {
  return { path, code: 'not_found', message };
}

function refuse(code: 'connection.invalid' | 'transform.refused_sql' | 'load.target_owned', fields: readonly FieldError[]): void {
  if (fields.length > 0) throw new MillraceError(code, { detail: inWords(fields), fields });
}
