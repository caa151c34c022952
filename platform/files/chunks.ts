import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;

/**
 * A file's bytes, in two buffers that take turns: a chunk is valid until the next one is asked for. A buffer for each chunk would
 * make V8 look through its whole heap after every 64 MB, which costs more than all else that happens to the bytes.
 */
export async function* readChunks(path: string, chunkBytes = CHUNK_BYTES): AsyncGenerator<Buffer, void> {
  await using file = await open(path, 'r');
  let [now, spare] = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)];
  let next = fill(file, now);
  try {
    for (let filled = await next; filled > 0; filled = await next) {
      next = fill(file, spare);
      yield now.subarray(0, filled);
      [now, spare] = [spare, now];
    }
  } finally {
    await next.catch(() => 0); // it must not write behind our back
  }
}

/** @returns how many bytes; fewer than fit only at the file's end */
async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  for (let filled = 0; ;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === buffer.length) return filled;
  }
}
