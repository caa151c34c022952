import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { readChunks } from '../../platform/files/chunks.js';
import type { Session } from './session.js';

/** Sends a file to `COPY … FROM STDIN`. @returns how many rows the server took */
export async function copyFile(session: Session, statement: string, path: string): Promise<number> {
  const sink = session.client.query(copyFrom(statement));
  await pipeline(readChunks(path), sink);
  return sink.rowCount;
}
