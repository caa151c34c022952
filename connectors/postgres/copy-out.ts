import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Connection, Submittable } from 'pg';
import { giveBack, takeMegabyte } from '../../platform/files/megabytes.js';
import { divert } from '../../platform/net/reusing-socket.js';

/** Postgres's protocol: the head of a message is its type and a length that counts itself. */
const HEAD_BYTES = 5;
const LENGTH_BYTES = 4;
const COPY_DATA = 'd'.charCodeAt(0);
/** What may come before and between the rows: the answer to COPY, notices, notifications, changed settings. */
const IN_BETWEEN = new Set(Buffer.from('HNAS'));

/** Most reads find nothing new: memory beside the heap, however little is used, makes V8 look through all of the heap. */
const FIRST_CHUNK_BYTES = 1 << 14;
const CHUNKS_AHEAD = 2;
const NOTHING = Buffer.alloc(0);

/**
 * What `COPY … TO STDOUT` sends, as chunks of about a megabyte, which `giveBack` takes when they are no longer needed.
 * The server sends each row as a message of its own; `pg` and `pg-copy-streams` make an object of each, which costs more
 * than all else that happens to the rows here. Ends when the server has said that all went well. After an early
 * `destroy` the session cannot be used any more.
 */
export class CopyOut extends Readable implements Submittable {
  #connection: Connection | undefined;
  /** Gives what the server says back to `pg`; only while rows come. */
  #handBack: ((unread: Buffer) => void) | undefined;
  #chunk: Buffer = Buffer.allocUnsafeSlow(FIRST_CHUNK_BYTES);
  #filled = 0;
  #type = 0;
  /** Bytes of the current message that have not come yet. */
  #missing = 0;
  /** Bytes of rows at the beginning of what is being looked through. */
  #gathered = 0;
  #head = NOTHING;
  /** What comes after the rows: it is for `pg`. */
  #unread: Buffer | undefined;
  #rows = 0;

  constructor(private readonly statement: string) {
    super({ objectMode: true, highWaterMark: CHUNKS_AHEAD });
  }

  /** As the server counted them; known when the stream has ended. */
  get rows(): number {
    return this.#rows;
  }

  submit(connection: Connection): void {
    this.#connection = connection;
    this.#handBack = divert(connection.stream as Socket, this.#onData);
    connection.query(this.statement);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.push(null);
  }

  handleError(error: Error): void {
    this.#return(NOTHING);
    this.destroy(error);
  }

  override _read(): void {
    if (this.#handBack) this.#socket()?.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#handBack) this.#socket()?.destroy();
    done(error);
  }

  /** Rows are moved together where they are, and leave `data` all at once: a call for each would cost more than its bytes. */
  readonly #onData = (data: Buffer): void => {
    this.#gathered = 0;
    for (let at = 0; at < data.length && !this.#unread;) {
      at = this.#missing > 0 ? this.#takeBody(data, at) : this.#takeHead(data, at);
    }
    this.#append(data.subarray(0, this.#gathered));
    if (this.#unread) this.#finish(this.#unread);
  };

  /** @returns where the next message, or the next data, begins */
  #takeBody(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + this.#missing);
    this.#missing -= end - at;
    if (this.#type === COPY_DATA) {
      data.copyWithin(this.#gathered, at, end);
      this.#gathered += end - at;
    }
    return end;
  }

  /** The end of the copy, an error too, is for `pg`, with all that follows. */
  #takeHead(data: Buffer, at: number): number {
    const known = this.#head.length;
    if (known === 0 && data.length - at >= HEAD_BYTES) return this.#begin(data, at) ? at + HEAD_BYTES : data.length;
    const end = Math.min(data.length, at + HEAD_BYTES - known);
    this.#head = Buffer.concat([this.#head, data.subarray(at, end)]);
    if (this.#head.length < HEAD_BYTES) return end;
    const head = this.#head;
    this.#head = NOTHING;
    return this.#begin(head, 0, data.subarray(end)) ? end : data.length;
  }

  #begin(head: Buffer, at: number, rest?: Buffer): boolean {
    const type = head[at] ?? 0;
    if (type !== COPY_DATA && !IN_BETWEEN.has(type)) {
      this.#unread = rest ? Buffer.concat([head, rest]) : head.subarray(at);
      return false;
    }
    this.#type = type;
    this.#missing = head.readUInt32BE(at + 1) - LENGTH_BYTES;
    return true;
  }

  #append(rows: Buffer): void {
    for (let at = 0; at < rows.length;) {
      const copied = rows.copy(this.#chunk, this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled === this.#chunk.length) this.#flush();
    }
  }

  #flush(): void {
    if (this.#filled === 0) return;
    const full = this.#chunk.subarray(0, this.#filled);
    this.#chunk = takeMegabyte();
    this.#filled = 0;
    if (!this.push(full)) this.#socket()?.pause();
  }

  #finish(unread: Buffer): void {
    this.#flush();
    giveBack(this.#chunk);
    this.#chunk = NOTHING;
    this.#return(unread);
  }

  #return(unread: Buffer): void {
    const handBack = this.#handBack;
    if (!handBack) return;
    this.#handBack = undefined;
    this.#socket()?.resume();
    handBack(unread);
  }

  #socket(): Socket | undefined {
    return this.#connection?.stream as Socket | undefined;
  }
}
