import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A small file system of its own, which can be filled to the last byte without harm to the machine. */
export interface SmallDisk {
  fill(): void;
  free(): void;
  /** Takes it away. Its files are lost, or kept beside it. */
  remove(keep: boolean): void;
}

const MEGABYTES = 96;
const CHUNK_SIZES = [1 << 20, 1 << 12, 1];

/** @returns undefined where this user may not mount */
export function mountSmallDisk(folder: string): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m,mode=700`, 'tmpfs', folder], { stdio: 'ignore' });
  if (mounted.status !== 0) return undefined;
  const ballast = join(folder, 'ballast');
  return {
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove: (keep) => {
      if (keep) cpSync(folder, `${folder}-kept`, { recursive: true });
      // what is still open in there, by processes that are being killed, must not keep the mount
      if (spawnSync('umount', [folder]).status !== 0) spawnSync('umount', ['-l', folder]);
    },
  };
}

function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const size of CHUNK_SIZES) writeUntilFull(file, Buffer.alloc(size));
  } finally {
    closeSync(file);
  }
}

function writeUntilFull(file: number, chunk: Buffer): void {
  try {
    while (writeSync(file, chunk) === chunk.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
