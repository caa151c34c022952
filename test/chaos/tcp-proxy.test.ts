import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js';

let echo: Server;
let proxy: TcpProxy;

async function listen(prefix: string): Promise<Server> {
  const server = createServer((socket) =>
    socket.on('data', (chunk) => socket.write(`${prefix}${chunk}`)).on('error', () => undefined),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function dial(): Socket {
  const [host, port] = proxy.address.split(':');
  return connect(Number(port), host).on('error', () => undefined);
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  return String((await once(socket, 'data'))[0]);
}

beforeEach(async () => {
  echo = await listen('');
  proxy = await tcpProxy(portOf(echo));
});

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  echo.close();
});

test('bytes pass both ways, however many', async () => {
  const socket = dial();
  const sent = 'x'.repeat(3_000_000);
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received === sent.length) socket.destroy();
  });
  socket.write(sent);
  await once(socket, 'close');
  expect(received).toBe(sent.length);
});

test('a cut ends what is open and refuses what is new, until it is over', async () => {
  const open = dial();
  await ask(open, 'hello');
  const over = proxy.cut(200);
  await once(open, 'close');
  await once(dial(), 'close');
  await over;
  const again = dial();
  expect(await ask(again, 'back')).toBe('back');
  again.destroy();
});

test('a delay holds every chunk back, and ends', async () => {
  const socket = dial();
  await ask(socket, 'hello');
  proxy.delay(150);
  const begun = performance.now();
  expect(await ask(socket, 'slow')).toBe('slow');
  expect(performance.now() - begun).toBeGreaterThan(290);
  proxy.delay(0);
  expect(await ask(socket, 'fast')).toBe('fast');
  socket.destroy();
});

test('new connections go where the target has moved to', async () => {
  const moved = await listen('new ');
  proxy.retarget(portOf(moved));
  const socket = dial();
  expect(await ask(socket, 'hello')).toBe('new hello');
  socket.destroy();
  moved.close();
});
