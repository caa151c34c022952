const HEAD_BYTES = 4;
/** A packet of this length goes on in the next one. */
const LONGEST_BYTES = 0xff_ff_ff;
const NOTHING = Buffer.alloc(0);

/** One message of the server; valid during the call only. */
export type PacketReceiver = (bytes: Buffer, start: number, end: number) => void;

/**
 * Cuts what comes from a server into its packets: three bytes of length, a number, then so many bytes. Most of them are handed
 * over where they lie, without a copy and without an object.
 */
export class PacketReader {
  #head = NOTHING;
  #body = NOTHING;
  #filled = 0;
  #inBody = false;
  /** Of a message of several packets. */
  #parts: Buffer[] = [];

  constructor(private readonly receive: PacketReceiver) {}

  /** @returns how far it came: all of it, unless `isOver` says that what follows is somebody else's */
  read(data: Buffer, isOver: () => boolean): number {
    let at = 0;
    while (at < data.length && !isOver()) at = this.#inBody ? this.#fill(data, at) : this.#begin(data, at);
    return at;
  }

  #begin(data: Buffer, at: number): number {
    if (this.#head.length === 0 && data.length - at >= HEAD_BYTES) {
      const length = data.readUIntLE(at, 3);
      const start = at + HEAD_BYTES;
      if (start + length > data.length || length === LONGEST_BYTES || this.#parts.length > 0) return this.#open(length, start);
      this.receive(data, start, start + length);
      return start + length;
    }
    const end = Math.min(data.length, at + HEAD_BYTES - this.#head.length);
    const head = Buffer.concat([this.#head, data.subarray(at, end)]);
    this.#head = head.length < HEAD_BYTES ? head : NOTHING;
    return head.length < HEAD_BYTES ? end : this.#open(head.readUIntLE(0, 3), end);
  }

  #open(length: number, at: number): number {
    this.#body = Buffer.allocUnsafe(length);
    this.#filled = 0;
    this.#inBody = true;
    if (length === 0) this.#close();
    return at;
  }

  #fill(data: Buffer, at: number): number {
    const copied = data.copy(this.#body, this.#filled, at);
    this.#filled += copied;
    if (this.#filled === this.#body.length) this.#close();
    return at + copied;
  }

  #close(): void {
    const body = this.#body;
    this.#inBody = false;
    this.#body = NOTHING;
    if (body.length === LONGEST_BYTES) return void this.#parts.push(body);
    const whole = this.#parts.length === 0 ? body : Buffer.concat([...this.#parts, body]);
    this.#parts = [];
    this.receive(whole, 0, whole.length);
  }
}
