import { Readable } from 'node:stream';
import { readChunks } from './chunks.js';

/**
 * A file as a stream whose chunks are lent (`readChunks`): only for readers that wait until a chunk is written before they ask for
 * more, as `pipe` into a socket does. Nothing is read ahead of them.
 */
export class LentFile extends Readable {
  readonly #chunks: AsyncGenerator<Buffer, void>;

  constructor(path: string) {
    super({ highWaterMark: 0 });
    this.#chunks = readChunks(path);
  }

  override _read(): void {
    this.#chunks.next().then(
      ({ value }) => this.push(value ?? null),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#chunks.return().then(
      () => done(error),
      () => done(error),
    );
  }
}
