/**
 * A TCP proxy in front of Postgres that freezes a session at an exact statement: between what was asked and what was done, or
 * between what was done and its acknowledgement. Then a test can kill, cut or go on.
 * @module
 */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { closeProxy, tie } from './tcp-proxy.js';

export interface Trap {
  /** The statement's text, as it stands in the protocol. */
  readonly on: string;
  /** Only in a session that has said this before. */
  readonly session?: string;
  /** Let it pass so many times first. */
  readonly skip?: number;
  /** Freeze before the server sees it, after the server has done it, or after so many bytes have followed it. */
  readonly freeze: 'before' | 'after' | { readonly afterBytes: number };
}

export interface FaultProxy extends AsyncDisposable {
  /** The target's URL through the proxy. */
  readonly url: string;
  /** Sets a trap for the next session that says it. @returns a promise that is kept when the session is frozen */
  trap(trap: Trap): Promise<void>;
  /** Lets frozen sessions go on. */
  release(): void;
  /** Cuts every session. */
  cut(): void;
}

interface Armed extends Trap {
  left: number;
  caught(): void;
}

export async function faultProxy(target: string): Promise<FaultProxy> {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  const frozen = new Set<() => void>();
  const armed: Armed[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    tie([client, upstream], sockets);
    relay(client, upstream, { armed, frozen });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: url.href,
    trap: (trap) => new Promise<void>((caught) => armed.push({ ...trap, left: trap.skip ?? 0, caught })),
    release: () => {
      frozen.forEach((go) => go());
      frozen.clear();
    },
    cut,
    [Symbol.asyncDispose]: () => closeProxy(server, sockets),
  };
}

interface Traps {
  readonly armed: Armed[];
  readonly frozen: Set<() => void>;
}

/** Passes bytes both ways until a trap's statement comes by; chunks are searched one by one, statements are short. */
function relay(client: Socket, upstream: Socket, { armed, frozen }: Traps): void {
  const session = new Set<Armed>();
  let following: { readonly trap: Armed; left: number } | undefined;
  const freeze = (trap: Armed, blocked?: Buffer): void => {
    client.pause();
    upstream.pause();
    frozen.add(() => {
      if (blocked) upstream.write(blocked);
      client.resume();
      upstream.resume();
    });
    trap.caught();
  };
  upstream.on('data', (chunk) => client.write(chunk));
  client.on('data', (chunk: Buffer) => {
    if (following) {
      following.left -= chunk.length;
      upstream.write(chunk);
      if (following.left <= 0) freeze(following.trap);
      if (following.left <= 0) following = undefined;
      return;
    }
    const trap = spring(armed, session, chunk);
    if (trap?.freeze === 'before') return freeze(trap, chunk);
    if (trap?.freeze === 'after') {
      // the reply proves that it was done; it is swallowed, as a broken connection would
      upstream.removeAllListeners('data');
      upstream.once('data', () => freeze(trap));
    } else if (trap) following = { trap, left: (trap.freeze as { afterBytes: number }).afterBytes };
    upstream.write(chunk);
  });
}

/** The trap that this chunk springs, taken off the list. */
function spring(armed: Armed[], session: Set<Armed>, chunk: Buffer): Armed | undefined {
  for (const trap of armed) if (trap.session !== undefined && chunk.includes(trap.session)) session.add(trap);
  const trap = armed.find(
    (candidate) => chunk.includes(candidate.on) && (candidate.session === undefined || session.has(candidate)),
  );
  if (!trap || trap.left-- > 0) return undefined;
  armed.splice(armed.indexOf(trap), 1);
  return trap;
}
