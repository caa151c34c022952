import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { divert } from '../../../../platform/net/reusing-socket.js';
import type { ServerError } from '../errors.js';
import { type CsvChunk, type CsvKind, CsvRows, readLength } from './csv-rows.js';
import { PacketReader } from './packets.js';

const QUERY = 0x03;
const ERROR = 0xff;
const END = 0xfe;
/** Longer ones that begin so are rows with a very long first value. */
const END_BYTES = 9;
const CHUNKS_AHEAD = 2;
const NOTHING = Buffer.alloc(0);

/**
 * What a SELECT gives, as chunks of CSV of about a megabyte. The driver makes objects of every row and value, which costs more
 * than all else that happens to them here; so the rows are taken from its socket while it is idle. Ends when the server has
 * said that all went well. After an early `destroy` the session cannot be used any more.
 */
export class RowsOut extends Readable {
  readonly #csv: CsvRows;
  readonly #packets = new PacketReader((bytes, start, end) => this.#onPacket(bytes, start, end));
  readonly #socket: Socket;
  #handBack: ((unread: Buffer) => void) | undefined;
  #phase: 'head' | 'columns' | 'columns-end' | 'rows' | 'over' = 'head';
  #columnsLeft = 0;
  #lastRow = NOTHING;
  /** Where the last row lies: it is copied when a chunk ends with it, and when its memory is read into again. */
  #lastIn: Buffer | undefined;
  #lastStart = 0;
  #lastEnd = 0;
  #failure: Error | undefined;

  constructor(socket: Socket, statement: string, kinds: readonly CsvKind[]) {
    super({ objectMode: true, highWaterMark: CHUNKS_AHEAD });
    this.#socket = socket;
    this.#csv = new CsvRows(kinds);
    this.#handBack = divert(socket, this.#onData);
    socket.on('close', this.#onClose);
    socket.write(queryPacket(statement));
    if (socket.destroyed) this.#onClose();
  }

  override _read(): void {
    if (this.#handBack) this.#socket.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#handBack) this.#socket.destroy();
    this.#release(NOTHING);
    done(error);
  }

  readonly #onData = (data: Buffer): void => {
    const read = this.#packets.read(data, () => this.#phase === 'over');
    if (this.#lastIn === data) this.#keepLast(); // the memory of `data` is read into again
    if (this.#phase === 'over') this.#finish(data.subarray(read));
  };

  readonly #onClose = (): void => {
    if (this.#phase !== 'over') this.destroy(new Error('Connection lost: the server closed the connection.'));
  };

  #onPacket(bytes: Buffer, start: number, end: number): void {
    const first = bytes[start];
    const isEnd = first === END && end - start < END_BYTES;
    if (first === ERROR) this.#fail(serverError(bytes.subarray(start, end)));
    else if (this.#phase === 'rows' && !isEnd) this.#onRow(bytes, start, end);
    else if (this.#phase === 'rows') this.#phase = 'over';
    else if (this.#phase === 'head') this.#onHead(first ?? 0, readLength(bytes, start));
    else if (this.#phase === 'columns-end') this.#phase = 'rows';
    else if (--this.#columnsLeft === 0) this.#phase = 'columns-end';
  }

  #onHead(first: number, columns: number): void {
    if (first === 0) return this.#fail(new Error('The server answered without rows.'));
    this.#columnsLeft = columns;
    this.#phase = 'columns';
  }

  #onRow(bytes: Buffer, start: number, end: number): void {
    const full = this.#csv.add(bytes, start, end);
    const chunk = full && this.#withLast(full);
    this.#lastIn = bytes;
    this.#lastStart = start;
    this.#lastEnd = end;
    if (chunk && !this.push(chunk)) this.#socket.pause();
  }

  #withLast(chunk: CsvChunk): CsvChunk {
    this.#keepLast();
    return { ...chunk, last: this.#lastRow };
  }

  #keepLast(): void {
    if (!this.#lastIn) return;
    this.#lastRow = Buffer.from(this.#lastIn.subarray(this.#lastStart, this.#lastEnd));
    this.#lastIn = undefined;
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#phase = 'over';
  }

  #finish(unread: Buffer): void {
    this.#release(unread);
    if (this.#failure) return void this.destroy(this.#failure);
    const rest = this.#csv.end();
    if (rest) this.push(this.#withLast(rest));
    this.push(null);
  }

  #release(unread: Buffer): void {
    const handBack = this.#handBack;
    if (!handBack) return;
    this.#handBack = undefined;
    this.#socket.off('close', this.#onClose);
    this.#socket.resume();
    handBack(unread);
  }
}

function queryPacket(statement: string): Buffer {
  const text = Buffer.from(statement, 'utf8');
  const head = Buffer.alloc(5);
  head.writeUIntLE(text.length + 1, 0, 3);
  head[4] = QUERY;
  return Buffer.concat([head, text]);
}

/** Two bytes of number, `#` and five letters of state, then the message. */
function serverError(packet: Buffer): ServerError {
  const hasState = packet[3] === 0x23;
  const message = packet.toString('utf8', hasState ? 9 : 3);
  const errno = packet.readUInt16LE(1);
  return Object.assign(new Error(message), { errno, ...(hasState ? { sqlState: packet.toString('latin1', 4, 9) } : {}) });
}
