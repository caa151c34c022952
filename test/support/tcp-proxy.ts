/**
 * The network between two processes, for tests that make it bad: connections are cut, refused for a while, or slow.
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TcpProxy extends AsyncDisposable {
  /** host:port of the proxy. */
  readonly address: string;
  /** New connections go to this port of 127.0.0.1 from now on. */
  retarget(port: number): void;
  /** Cuts every connection, and refuses new ones for so long. */
  cut(forMs: number): Promise<void>;
  /** Holds every chunk back for so long; 0 = no more. */
  delay(byMs: number): void;
}

interface Line {
  port: number;
  delayMs: number;
  refusing: number;
  readonly sockets: Set<Socket>;
}

const HOST = '127.0.0.1';

export async function tcpProxy(port: number): Promise<TcpProxy> {
  const line: Line = { port, delayMs: 0, refusing: 0, sockets: new Set() };
  const server = createServer((client) => join(client, line)).listen(0, HOST);
  await once(server, 'listening');
  return {
    address: `${HOST}:${(server.address() as AddressInfo).port}`,
    retarget: (newPort) => void (line.port = newPort),
    cut: (forMs) => cut(line, forMs),
    delay: (byMs) => void (line.delayMs = byMs),
    [Symbol.asyncDispose]: () => closeProxy(server, line.sockets),
  };
}

function join(client: Socket, line: Line): void {
  if (line.refusing > 0) return void client.destroy();
  const upstream = connect(line.port, HOST);
  tie([client, upstream], line.sockets);
  relay(client, upstream, line);
  relay(upstream, client, line);
}

/** Both ends of one connection: when one is gone the other goes, too. */
export function tie(both: readonly [Socket, Socket], sockets: Set<Socket>): void {
  const hangUp = (): void =>
    both.forEach((socket) => {
      sockets.delete(socket);
      socket.destroy();
    });
  for (const socket of both) {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', hangUp);
  }
}

/** Reads the next chunk only when the last one has left, so nothing overtakes and nothing piles up. */
function relay(from: Socket, to: Socket, line: Line): void {
  from.setNoDelay(true);
  from.on('data', (chunk) => {
    from.pause();
    void pass(chunk, to, line).then(() => from.resume());
  });
  from.on('end', () => to.end());
}

async function pass(chunk: Buffer, to: Socket, { delayMs }: Line): Promise<void> {
  if (delayMs > 0) await sleep(delayMs);
  if (to.destroyed || to.write(chunk)) return;
  await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined);
}

async function cut(line: Line, forMs: number): Promise<void> {
  line.refusing += 1;
  line.sockets.forEach((socket) => socket.destroy());
  await sleep(forMs);
  line.refusing -= 1;
}

export async function closeProxy(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  server.close();
  sockets.forEach((socket) => socket.destroy());
  await once(server, 'close');
}
