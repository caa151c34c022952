import { setTimeout as sleep } from 'node:timers/promises';

export interface ReadEvent {
  readonly id: number;
  readonly event: string;
  // Tests state what they expect of bodies of several shapes.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
  /** When it came, in milliseconds. */
  readonly at: number;
}

export interface EventReader extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  readonly events: readonly ReadEvent[];
  /** Comment lines, which keep the connection alive. */
  readonly comments: readonly string[];
  /** Whether the server has ended it. */
  isOver(): boolean;
  /** Waits for the first event of which this holds; those before it are in `events`. */
  until(wanted: (event: ReadEvent) => boolean): Promise<ReadEvent>;
  /** Waits until the server ends it. */
  ended(): Promise<void>;
  /** Goes without a word. */
  drop(): void;
}

const LIMIT_MS = 20_000;

/** A client of server-sent events, as small as one can be. */
export async function readEvents(url: string, key: string, lastEventId?: number): Promise<EventReader> {
  const gone = new AbortController();
  const response = await fetch(url, {
    signal: gone.signal,
    headers: { authorization: `Bearer ${key}`, ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }) },
  });
  const events: ReadEvent[] = [];
  const comments: string[] = [];
  let over = false;
  const reading = read(response, events, comments).then(
    () => (over = true),
    () => (over = true),
  );
  const until = async (wanted: (event: ReadEvent) => boolean): Promise<ReadEvent> => {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(10)) {
      const found = events.find(wanted);
      if (found) return found;
      if (over) break;
    }
    throw new Error(`the event did not come; there were ${events.map(({ id, event }) => `${event} ${id}`).join(', ') || 'none'}`);
  };
  return {
    ...{ status: response.status, headers: response.headers, events, comments, until },
    isOver: () => over,
    ended: async () => void (await reading),
    drop: () => gone.abort(),
    [Symbol.asyncDispose]: async () => {
      gone.abort();
      await reading;
    },
  };
}

async function read(response: Response, events: ReadEvent[], comments: string[]): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith(':')) comments.push(block);
      else events.push(parse(block));
    }
  }
}

function parse(block: string): ReadEvent {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
  return {
    id: Number(fields['id']),
    event: fields['event'] ?? 'message',
    data: JSON.parse(fields['data'] ?? 'null'),
    at: Date.now(),
  };
}
