import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { type ChunkOptions, readChunks } from '../../platform/files/chunks.js';
import type { Session } from './session.js';

/** Sends a file to `COPY … FROM STDIN`. @returns how many rows the server took */
export async function copyFile(session: Session, statement: string, path: string, options?: ChunkOptions): Promise<number> {
  const sink = session.client.query(copyFrom(statement));
  await pipeline(readChunks(path, options), sink);
  return sink.rowCount;
}

export interface WrittenFile {
  readonly path: string;
  /** Ends early when its signal fires. */
  readonly write: (signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** Sends a file while it is written, from its beginning to its end; neither goes on when the other has failed. */
export async function copyWhileWritten(
  session: Session,
  statement: string,
  { path, write, signal }: WrittenFile,
): Promise<number> {
  await (await open(path, 'w')).close(); // there is something to open before the first bytes come
  const refused = new AbortController();
  const writing = write(AbortSignal.any([signal, refused.signal]));
  writing.catch(() => undefined); // met when what was written has been read
  try {
    return await copyFile(session, statement, path, { writing });
  } catch (error) {
    refused.abort(error);
    await writing.catch(() => undefined);
    throw error;
  }
}
