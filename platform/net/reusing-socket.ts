import { Socket, type SocketConstructorOpts } from 'node:net';

type Receiver = (data: Buffer) => void;

const READ_BYTES = 1 << 16;

/**
 * A socket that reads into one buffer again and again. Others take a new one for every read, and V8 looks through its whole
 * heap whenever such buffers come to 64 MB: most of the CPU of a long read.
 */
export class ReusingSocket extends Socket {
  #borrower: Receiver | undefined;

  constructor() {
    const receive = (bytes: number, buffer: Buffer): boolean => {
      const data = buffer.subarray(0, bytes);
      if (this.#borrower) this.#borrower(data);
      else this.emit('data', Buffer.from(data));
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: receive };
    super({ onread } as SocketConstructorOpts); // documented for `connect` only, where it is passed on to here
  }

  /** Data is valid during the call only. */
  lend(borrower: Receiver | undefined): void {
    this.#borrower = borrower;
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
