/**
 * An HTTP proxy that holds up a call between what was asked and what was done, or between what was done and its answer, or loses the answer.
 * @module
 */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpTrap {
  /** Of a call such as `PUT /bucket/key`. */
  readonly on: RegExp;
  readonly freeze: 'before' | 'after';
  /** Only after a call that matches this. */
  readonly after?: RegExp;
}

export interface HttpProxy extends AsyncDisposable {
  readonly url: string;
  /** Holds up the next call that matches. @returns a promise that is kept when it is held up */
  trap(trap: HttpTrap): Promise<void>;
  /** Lets what is held up go on. */
  release(): void;
  /** Loses the answer to the next call that matches. @returns a promise that is kept when it is lost */
  loseAnswer(on: RegExp): Promise<void>;
}

interface Armed {
  readonly on: RegExp;
  readonly what: 'before' | 'after' | 'lose';
  /** What has to come first; undefined when it came. */
  first?: RegExp | undefined;
  caught(): void;
}

export async function httpProxy(target: string): Promise<HttpProxy> {
  const armed: Armed[] = [];
  const frozen = new Set<() => void>();
  const held = (): Promise<void> => new Promise((go) => frozen.add(go));
  const arm = (on: RegExp, what: Armed['what'], first?: RegExp): Promise<void> =>
    new Promise((caught) => armed.push({ on, what, first, caught }));
  const release = (): void => {
    frozen.forEach((go) => go());
    frozen.clear();
  };
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const call = `${incoming.method} ${incoming.url}`;
    const index = armed.findIndex(({ on, first }) => first === undefined && on.test(call));
    for (const waiting of armed) if (waiting.first?.test(call)) waiting.first = undefined;
    const trap = index < 0 ? undefined : armed.splice(index, 1)[0];
    if (trap?.what === 'before') await Promise.all([held(), trap.caught()]);
    const answer = await forwarded(target, incoming);
    if (trap?.what === 'after') await Promise.all([held(), trap.caught()]);
    if (trap?.what !== 'lose') return sendBack(answer, outgoing);
    await once(answer.resume(), 'end');
    outgoing.destroy();
    trap.caught();
  };
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing).catch(() => outgoing.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trap: ({ on, freeze, after }) => arm(on, freeze, after),
    release,
    loseAnswer: (on) => arm(on, 'lose'),
    [Symbol.asyncDispose]: async () => {
      release();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function forwarded(target: string, incoming: IncomingMessage): Promise<IncomingMessage> {
  const { method = 'GET', url = '/', headers } = incoming;
  const upstream = request(new URL(url, target), { method, headers });
  incoming.pipe(upstream);
  const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
  return answer;
}

function sendBack(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(outgoing);
}
