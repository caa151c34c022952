import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

export interface TempDir extends AsyncDisposable {
  readonly path: string;
}

/** Folders for work in progress. Their names say of which process of which machine they are, so that what it left can be swept. */
export class Scratch {
  readonly #folder: string;

  constructor(root: string) {
    this.#folder = join(root, hostname());
  }

  /** Only its user may look into it: rows are on their way through it. */
  async tempDir(): Promise<TempDir> {
    const path = join(this.#folder, `${process.pid}-${randomBytes(6).toString('hex')}`);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  }

  /** Removes folders of processes that are gone. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!isAlive(Number(name.split('-')[0]))) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
