import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { MEGABYTE, giveBack, takeMegabyte } from './megabytes.js';

/** Whoever writes the file is nearly always ahead: only its first bytes, and its end, are waited for. */
const LOOK_AGAIN_MS = 10;

export interface ChunkOptions {
  readonly chunkBytes?: number;
  /** Of a file that is still being written, at its end only: settles when all of it is there. */
  readonly writing?: Promise<unknown>;
}

/**
 * A file's bytes, in two buffers that take turns: a chunk is valid until the next one is asked for. A buffer for each chunk would
 * make V8 look through its whole heap after every 64 MB, which costs more than all else that happens to the bytes.
 * @throws also what `writing` rejects with
 */
export async function* readChunks(path: string, options: ChunkOptions = {}): AsyncGenerator<Buffer, void> {
  const { chunkBytes = MEGABYTE, writing } = options;
  await using file = await open(path, 'r');
  const growing = writing && new GrowingFile(writing);
  const size = growing ? chunkBytes : Math.min(chunkBytes, (await file.stat()).size + 1);
  const take = (): Buffer => (size === MEGABYTE ? takeMegabyte() : Buffer.allocUnsafeSlow(size));
  let [now, spare] = [take(), take()];
  let next = fill(file, now, growing);
  try {
    for (let filled = await next; filled > 0; filled = await next) {
      next = fill(file, spare, growing);
      yield now.subarray(0, filled);
      [now, spare] = [spare, now];
    }
    [now, spare].forEach(giveBack); // not of a read that was broken off: its last chunk may still be on its way
  } finally {
    await next.catch(() => 0); // it must not write behind our back
  }
}

/** @returns how many bytes; fewer than fit where the file ends for now, 0 at its end */
async function fill(file: FileHandle, buffer: Buffer, growing: GrowingFile | undefined): Promise<number> {
  for (let filled = 0; ;) {
    const isWhole = growing?.isWhole ?? true; // asked before the read: after it more may have come
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
    filled += bytesRead;
    if (filled === buffer.length) return filled;
    if (bytesRead > 0) continue;
    if (filled > 0 || isWhole) return filled;
    await growing?.moreOrWhole();
  }
}

class GrowingFile {
  isWhole = false;

  constructor(private readonly writing: Promise<unknown>) {
    const end = (): boolean => (this.isWhole = true);
    writing.then(end, () => undefined); // whoever waits for more is told of a failure
  }

  moreOrWhole(): Promise<unknown> {
    return Promise.race([this.writing, setTimeout(LOOK_AGAIN_MS)]);
  }
}
