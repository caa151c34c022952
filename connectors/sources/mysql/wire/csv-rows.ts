import { giveBack, takeMegabyte } from '../../../../platform/files/megabytes.js';

/** How the bytes of a column become a field of CSV. `plain`: no value of it needs quotes. */
export type CsvKind = 'plain' | 'text' | 'hex';

/** Whole rows, as CSV; `giveBack` takes their bytes when they are no longer needed. */
export interface CsvChunk {
  readonly bytes: Buffer;
  readonly rows: number;
  readonly lineFeeds: number;
  /** The last of the rows as it came. */
  readonly last?: Buffer;
}

const NOTHING = Buffer.alloc(0);
const NULL = 0xfb;
const COMMA = 0x2c;
const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const HEX_DIGITS = Buffer.from('0123456789ABCDEF', 'latin1');
/** `Buffer.copy` costs a call into native code; short values are cheaper byte by byte. */
const SHORT_BYTES = 24;

/**
 * Rows of the text protocol as CSV lines: NULL as nothing, the empty value as `""`. A row is a text with its length for each
 * column.
 */
export class CsvRows {
  readonly #kinds: readonly CsvKind[];
  #out: Buffer = takeMegabyte();
  #filled = 0;
  #rows = 0;
  #lineFeeds = 0;
  #at = 0;

  constructor(kinds: readonly CsvKind[]) {
    this.#kinds = kinds;
  }

  /** @returns a chunk that is full, to be handed on before the next row */
  add(bytes: Buffer, start: number, end: number): CsvChunk | undefined {
    const most = 2 * (end - start) + 3 * this.#kinds.length + 1;
    const full = this.#filled + most > this.#out.length ? this.take() : undefined;
    if (most > this.#out.length) this.#out = Buffer.allocUnsafeSlow(most);
    this.#at = start;
    for (let index = 0; index < this.#kinds.length; index++) {
      if (index > 0) this.#out[this.#filled++] = COMMA;
      this.#field(bytes, this.#kinds[index] as CsvKind);
    }
    this.#out[this.#filled++] = LINE_FEED;
    this.#rows += 1;
    this.#lineFeeds += 1;
    return full;
  }

  /** What there is; undefined when there is nothing. */
  take(): CsvChunk | undefined {
    if (this.#filled === 0) return undefined;
    const chunk: CsvChunk = { bytes: this.#out.subarray(0, this.#filled), rows: this.#rows, lineFeeds: this.#lineFeeds };
    this.#out = takeMegabyte();
    this.#filled = this.#rows = this.#lineFeeds = 0;
    return chunk;
  }

  /** The rest; no row may follow. */
  end(): CsvChunk | undefined {
    const rest = this.take();
    giveBack(this.#out);
    this.#out = NOTHING;
    return rest;
  }

  #field(bytes: Buffer, kind: CsvKind): void {
    if (bytes[this.#at] === NULL) return void this.#at++;
    const length = readLength(bytes, this.#at);
    const from = this.#at + lengthBytes(bytes, this.#at);
    this.#at = from + length;
    if (kind === 'plain') this.#plain(bytes, from, this.#at);
    else if (kind === 'text') this.#text(bytes, from, this.#at);
    else this.#hex(bytes, from, this.#at);
  }

  #plain(bytes: Buffer, from: number, to: number): void {
    if (to - from > SHORT_BYTES) this.#filled += bytes.copy(this.#out, this.#filled, from, to);
    else for (let at = from; at < to; at++) this.#out[this.#filled++] = bytes[at] as number;
  }

  #text(bytes: Buffer, from: number, to: number): void {
    const out = this.#out;
    let filled = this.#filled;
    out[filled++] = QUOTE;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      out[filled++] = byte;
      if (byte === QUOTE) out[filled++] = QUOTE;
      else if (byte === LINE_FEED) this.#lineFeeds += 1;
    }
    out[filled++] = QUOTE;
    this.#filled = filled;
  }

  #hex(bytes: Buffer, from: number, to: number): void {
    const out = this.#out;
    let filled = this.#filled;
    if (from === to) out[filled++] = out[filled++] = QUOTE;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      out[filled++] = HEX_DIGITS[byte >> 4] as number;
      out[filled++] = HEX_DIGITS[byte & 15] as number;
    }
    this.#filled = filled;
  }
}

/** The values of a row, as they came; null for NULL. */
export function rowValues(bytes: Buffer): (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === NULL) {
      values.push(null);
      at += 1;
      continue;
    }
    const from = at + lengthBytes(bytes, at);
    at = from + readLength(bytes, at);
    values.push(bytes.subarray(from, at));
  }
  return values;
}

/** The protocol's numbers: below 251 as themselves, else behind a byte that says how many follow. */
export function readLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < NULL) return first;
  if (first === 0xfc) return bytes.readUInt16LE(at + 1);
  return first === 0xfd ? bytes.readUIntLE(at + 1, 3) : Number(bytes.readBigUInt64LE(at + 1));
}

function lengthBytes(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < NULL) return 1;
  return first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}
