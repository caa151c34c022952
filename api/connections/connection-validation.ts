import { findDestination, findSource } from '../../connectors/registry.js';
import type { ConnectionConfig, ConnectorRow } from '../../platform/db/rows.js';
import { MillraceError, type FieldError } from '../../platform/errors/error.js';
import { inWords } from '../../platform/errors/field-path.js';
import { decryptConfig } from '../../platform/secrets/config.js';
import type { StreamConfig } from '../../schema/connection-config.js';
import { cursorErrors, distanceErrors, sharedTargetErrors, targetKey, targetText } from '../../schema/connection-rules.js';
import { scheduleErrors } from '../../schema/schedule-rules.js';
import { targetOf } from '../../schema/target-name.js';
import type { Target } from '../../schema/types.js';
import type { ConnectionStore } from './connection-store.js';
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
export async function validateConnection(store: ConnectionStore, candidate: Candidate, secretKey: Buffer): Promise<Ends> {
  const ends = await loadEnds(store, candidate);
  const resolve = targetResolver(ends.destination, secretKey);
  refuse('connection.invalid', configErrors(candidate.config, ends, resolve));
  refuse('transform.refused_sql', await sqlErrors(candidate.config.streams));
  refuse('load.target_owned', await ownedTargetErrors(store, candidate, resolve));
  return ends;
}

type ResolveTarget = (connection: Pick<ConnectionConfig, 'targetNames'>, stream: StreamConfig) => Target;

function targetResolver(destination: ConnectorRow, secretKey: Buffer): ResolveTarget {
  const connector = findDestination(destination.connector);
  const config = connector.config.parse(decryptConfig(destination.config, secretKey));
  const usual = (stream: string): Target => connector.defaultTarget(config, stream);
  return ({ targetNames }, stream) => targetOf(stream, { targetNames, usual });
}

async function loadEnds(store: ConnectionStore, candidate: Candidate): Promise<Ends> {
  const destination = await store.lockDestination(candidate.workspaceId, candidate.destinationId);
  const source = await store.source(candidate.workspaceId, candidate.sourceId);
  refuse('connection.invalid', [
    ...(source ? [] : [missing('sourceId', `There is no source ${candidate.sourceId}.`)]),
    ...(destination ? [] : [missing('destinationId', `There is no destination ${candidate.destinationId}.`)]),
  ]);
  return { source: source as ConnectorRow, destination: destination as ConnectorRow };
}

function configErrors(connection: ConnectionConfig, { source }: Ends, resolve: ResolveTarget): readonly FieldError[] {
  const { schedule, streams } = connection;
  const cursor = findSource(source.connector).cursor ?? 'field';
  return [
    ...scheduleErrors(schedule),
    ...cursorErrors(streams, cursor),
    ...distanceErrors(streams, cursor),
    ...sharedTargetErrors(streams.map((stream) => resolve(connection, stream))),
  ];
}

/** The final word has the destination itself, which several installations may share. */
async function ownedTargetErrors(
  store: ConnectionStore,
  candidate: Candidate,
  resolve: ResolveTarget,
): Promise<readonly FieldError[]> {
  const others = (await store.ofDestination(candidate.destinationId)).filter((other) => other.id !== candidate.connectionId);
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
