import type { Client } from '../../client/index.js';
import { isMillraceError } from '../../platform/errors/error.js';
import { asMillraceError } from '../api.js';
import { findConnection, findStream, findSystem } from './resolve.js';

/** A stream of a source, or as a connection reads it. */
export interface StreamPlace {
  readonly sourceId: string;
  readonly connectionId?: string;
  readonly stream: string;
}

/** `typed` names a source or a connection; a source comes first. @throws MillraceError `request.not_found` with the nearest source */
export async function findPlace(api: Client, typed: string, stream: string): Promise<StreamPlace> {
  try {
    const { id } = typed.startsWith('con_') ? { id: undefined } : await findSystem(api, 'source', typed);
    if (id !== undefined) return { sourceId: id, stream };
  } catch (error) {
    if (!isMissing(error)) throw error;
    const connection = await findConnection(api, typed).catch((other: unknown) => {
      throw isMissing(other) ? error : other;
    });
    return placeIn(connection, stream);
  }
  return placeIn(await findConnection(api, typed), stream);
}

const isMissing = (error: unknown): boolean => isMillraceError(asMillraceError(error), 'request.not_found');

function placeIn(connection: Awaited<ReturnType<typeof findConnection>>, stream: string): StreamPlace {
  return { sourceId: connection.sourceId, connectionId: connection.id, stream: findStream(connection, stream) };
}
