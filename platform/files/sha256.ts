import { createHash } from 'node:crypto';
import { readChunks } from './chunks.js';

/** Of a file's contents, in hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path)) hash.update(chunk);
  return hash.digest('hex');
}
