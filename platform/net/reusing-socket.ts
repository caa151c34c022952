import { Socket, type SocketConstructorOpts } from 'node:net';

type Receiver = (data: Buffer) => void;

const READ_BYTES = 1 << 16;
/** Nobody waits for a short read longer than it takes. */
const UNHURRIED_AFTER_BYTES = 1 << 20;
const REST_MS = 2;

/**
 * A socket that reads into one buffer again and again. Others take a new one for every read, and V8 looks through its whole
 * heap whenever such buffers come to 64 MB: most of the CPU of a long read. A long read rests when it has caught up with the
 * other side: it would be woken, and the other side would stop to wake it, for every few rows.
 */
export class ReusingSocket extends Socket {
  #borrower: Receiver | undefined;
  #lentBytes = 0;
  #isResting = false;
  /** Whether whoever reads wants no more for now. */
  #isPaused = false;

  constructor() {
    const receive = (bytes: number, buffer: Buffer): boolean => {
      const data = buffer.subarray(0, bytes);
      if (this.#borrower) this.#lendData(data, this.#borrower);
      else this.emit('data', Buffer.from(data));
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: receive };
    super({ onread } as SocketConstructorOpts); // documented for `connect` only, where it is passed on to here
  }

  /** Data is valid during the call only. */
  lend(borrower: Receiver | undefined): void {
    this.#borrower = borrower;
    this.#lentBytes = 0;
  }

  override pause(): this {
    this.#isPaused = true;
    return super.pause();
  }

  override resume(): this {
    this.#isPaused = false;
    return this.#isResting ? this : super.resume();
  }

  #lendData(data: Buffer, borrower: Receiver): void {
    this.#lentBytes += data.length;
    const hasCaughtUp = data.length < READ_BYTES;
    if (hasCaughtUp && this.#lentBytes > UNHURRIED_AFTER_BYTES) this.#rest();
    borrower(data);
  }

  #rest(): void {
    this.#isResting = true;
    super.pause();
    setTimeout(() => {
      this.#isResting = false;
      if (!this.#isPaused) super.resume();
    }, REST_MS);
  }
}

/** What is heard of a socket goes elsewhere, until the returned function gives it back. */
export function divert(socket: Socket, receiver: Receiver): (unread: Buffer) => void {
  if (socket instanceof ReusingSocket) {
    socket.lend(receiver);
    return (unread) => {
      socket.lend(undefined);
      if (unread.length > 0) socket.emit('data', Buffer.from(unread));
    };
  }
  const listeners = socket.listeners('data') as Receiver[];
  socket.removeAllListeners('data').on('data', receiver);
  return (unread) => {
    socket.removeListener('data', receiver);
    for (const listener of listeners) socket.on('data', listener);
    if (unread.length > 0) socket.emit('data', unread);
  };
}
