import { access, constants } from 'node:fs/promises';
import { MillraceError } from '../../../platform/errors/error.js';
import type { CheckResult, ConnectorContext } from '../../sdk/types.js';
import type { FileStream, FilesConfig } from './config.js';
import type { SourceFile } from './listing.js';
import { listStream, noFiles } from './streams.js';

/** Proves that every stream has a file that can be read. */
export async function check(context: ConnectorContext<FilesConfig>): Promise<CheckResult> {
  const facts: Record<string, string> = { root: context.config.root };
  for (const stream of context.config.streams) {
    const files = await listStream(context, stream);
    if (files.length === 0) throw noFiles(context.config, stream);
    for (const file of files) await requireReadable(stream, file);
    facts[stream.name] =
      `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${files.reduce((sum, file) => sum + file.bytes, 0)} bytes`;
  }
  return { ok: true, facts };
}

async function requireReadable(stream: FileStream, file: SourceFile): Promise<void> {
  try {
    await access(file.location, constants.R_OK);
  } catch (cause) {
    throw new MillraceError('connector.permission_denied', {
      detail: `${file.path} cannot be read.`,
      stream: stream.name,
      cause,
    });
  }
}
