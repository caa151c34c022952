import { MillraceError } from '../../platform/errors/error.js';
import { didYouMean } from '../../platform/names/did-you-mean.js';
import type { StoredConnection } from './connection-store.js';

export function hasStream(connection: StoredConnection, stream: string): boolean {
  return connection.config.streams.some(({ name }) => name === stream);
}

/** @throws MillraceError `connection.invalid` with a path for each name that the connection does not have */
export function refuseUnknownStreams(
  connection: StoredConnection,
  names: readonly string[],
  pathOf: (index: number) => string,
): void {
  const fields = names.flatMap((name, index) =>
    hasStream(connection, name)
      ? []
      : [
          {
            path: pathOf(index),
            code: 'not_found',
            message: `The connection has no stream ${name}.`,
            ...nearTo(connection, name),
          },
        ],
  );
  if (fields.length > 0)
    throw new MillraceError('connection.invalid', { detail: fields.map(({ message }) => message).join(' '), fields });
}

function nearTo({ config: { streams } }: StoredConnection, typed: string): { readonly suggestion?: string } {
  const names = streams.map(({ name }) => name);
  const suggestion = didYouMean(typed, names);
  return suggestion === undefined ? {} : { suggestion };
}
