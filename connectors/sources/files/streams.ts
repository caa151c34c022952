import { MillraceError } from '../../../platform/errors/error.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { FileStream, FilesConfig } from './config.js';
import { type SourceFile, listFiles, openRoot } from './listing.js';

/** @throws MillraceError `source.stream_missing` */
export function requireStream(config: FilesConfig, name: string): FileStream {
  const stream = config.streams.find((candidate) => candidate.name === name);
  if (stream) return stream;
  const known = config.streams.map((candidate) => candidate.name).join(', ');
  throw new MillraceError('source.stream_missing', {
    detail: `The source has no stream ${name}; it has ${known}.`,
    stream: name,
  });
}

/** The files of a stream, by path. */
export async function listStream(
  { config, log }: ConnectorContext<FilesConfig>,
  stream: FileStream,
): Promise<readonly SourceFile[]> {
  const root = await openRoot(config);
  return listFiles(root, stream.path, (path) =>
    log.warn('a link leads outside root and is left out', { stream: stream.name, path }),
  );
}

export function noFiles(config: FilesConfig, stream: FileStream): MillraceError {
  return new MillraceError('source.stream_missing', {
    detail: `No file below ${config.root} matches ${stream.path}.`,
    path: `config.streams[${config.streams.indexOf(stream)}].path`,
    stream: stream.name,
    suggestion: 'Correct root or path, or put the first file there.',
  });
}
