import type { Catalog, Field, StreamDescription } from '../../../schema/types.js';
import type { ConnectorContext } from '../../sdk/types.js';
import { type FileStream, type FilesConfig } from './config.js';
import { explainFormatFailure } from './convert.js';
import { formatOf } from './formats.js';
import { withScratch } from './scratch.js';
import { listStream, noFiles, requireStream } from './streams.js';

type Context = ConnectorContext<FilesConfig>;

/** Streams with the fields of their files, in order of first appearance. One without files is left out unless it is asked for. */
export async function discover(context: Context, names?: readonly string[]): Promise<Catalog> {
  const streams = names ? names.map((name) => requireStream(context.config, name)) : context.config.streams;
  const described: StreamDescription[] = [];
  for (const stream of streams) {
    const description = await describe(context, stream);
    if (description) described.push(description);
    else if (names) throw noFiles(context.config, stream);
    else context.log.warn('no file matches', { stream: stream.name, path: stream.path });
  }
  return { streams: described };
}

async function describe(context: Context, stream: FileStream): Promise<StreamDescription | undefined> {
  const files = await listStream(context, stream);
  if (files.length === 0) return undefined;
  const found = await withScratch((engine) =>
    formatOf(stream)
      .discover({ engine, stream, signal: context.signal }, files)
      .catch((error: unknown) => Promise.reject(explainFormatFailure(files, error))),
  );
  return { name: stream.name, fields: withTypes(stream, found), cursorCandidates: [], sourceDefinedCursor: true, kind: 'files' };
}

function withTypes(stream: FileStream, fields: readonly Field[]): readonly Field[] {
  return fields.map((field) => ({ ...field, type: stream.types?.[field.name] ?? field.type }));
}
