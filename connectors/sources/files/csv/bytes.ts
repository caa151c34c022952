import { createReadStream } from 'node:fs';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { SourceFile } from '../listing.js';

export type Compression = 'uncompressed' | 'gzip' | 'zstd';

/** By the end of the name. */
export function compressionOf(path: string): Compression {
  if (/\.(gz|gzip)$/i.test(path)) return 'gzip';
  return /\.(zst|zstd)$/i.test(path) ? 'zstd' : 'uncompressed';
}

/** Newer versions of Node than the oldest we run on. */
const createZstd = (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress;

/** The plain contents of a file, or undefined where this Node cannot unpack it (zstd before Node 22.15). */
export function plainBytes(file: SourceFile, signal?: AbortSignal): AsyncIterable<Buffer> | undefined {
  const compression = compressionOf(file.path);
  if (compression === 'zstd' && !createZstd) return undefined;
  const raw = createReadStream(file.location, signal ? { signal } : {});
  if (compression === 'uncompressed') return raw;
  const unpack = compression === 'gzip' ? zlib.createGunzip() : createZstd?.();
  return unpack && piped(raw, unpack);
}

async function* piped(raw: NodeJS.ReadableStream & { destroy(): void }, unpack: Transform): AsyncIterable<Buffer> {
  raw.on('error', (error) => unpack.destroy(error)).pipe(unpack);
  try {
    yield* unpack as AsyncIterable<Buffer>;
  } finally {
    raw.destroy();
    unpack.destroy();
  }
}
