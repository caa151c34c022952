import { Readable } from 'node:stream';

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const EVENT_STREAM_TYPE = 'text/event-stream; charset=utf-8';

export interface SentEvent {
  readonly id: number;
  readonly event: 'snapshot' | 'change' | 'end';
  readonly data: unknown;
}

const HEARTBEAT_MS = 15_000;
/** A client that reads slower than it is told is cut off; it comes back with the last id that it has. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Server-sent events for one client. Heartbeats are comments, by which both sides notice that the other is gone. */
export class EventStream extends Readable {
  readonly #heartbeat: NodeJS.Timeout;

  constructor(heartbeatMs = HEARTBEAT_MS) {
    super({ highWaterMark: 64 * 1024 });
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), heartbeatMs);
    this.#heartbeat.unref();
  }

  tell({ id, event, data }: SentEvent): void {
    this.#write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  finish(): void {
    clearInterval(this.#heartbeat);
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  override _read(): void {
    // what there is to tell is pushed when it happens
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#heartbeat);
    done(error);
  }

  #write(text: string): void {
    if (this.destroyed || this.readableEnded) return;
    this.push(text);
    if (this.readableLength > MAX_UNREAD_BYTES) this.destroy();
  }
}
