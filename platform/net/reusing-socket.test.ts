import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ReusingSocket, divert } from './reusing-socket.js';

const PIECE = Buffer.alloc(4_096, 'row\n');
const MB = 1 << 20;

/** A reader beside a server that writes small pieces, one after another, as COPY does. */
async function connected() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const reader = new ReusingSocket();
  reader.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [writer] = (await accepted) as [Socket];
  const close = async (): Promise<void> => {
    for (const socket of [reader, writer]) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { reader, writer, [Symbol.asyncDispose]: close };
}

async function write(writer: Socket, bytes: number): Promise<void> {
  for (let written = 0; written < bytes; written += PIECE.length) {
    if (!writer.write(PIECE)) await once(writer, 'drain');
    await setImmediate();
  }
}

/** Resolves when as many bytes have come; counts how often some came. */
function receive(reader: Socket, bytes: number) {
  const counted = { reads: 0, bytes: 0 };
  let giveBack: (unread: Buffer) => void = () => undefined;
  const whole = new Promise<void>((resolve) => {
    giveBack = divert(reader, (data) => {
      counted.reads += 1;
      counted.bytes += data.length;
      if (counted.bytes === bytes) resolve();
    });
  });
  return { counted, whole, giveBack };
}

test('a long read is not woken for every piece', async () => {
  await using sockets = await connected();
  const short = receive(sockets.reader, MB);
  await Promise.all([write(sockets.writer, MB), short.whole]);
  short.giveBack(Buffer.alloc(0));

  const long = receive(sockets.reader, 9 * MB);
  await Promise.all([write(sockets.writer, 9 * MB), long.whole]);
  expect(long.counted.bytes).toBe(9 * MB);
  expect((long.counted.reads - short.counted.reads) / 8).toBeLessThan(short.counted.reads / 2);
});

test('who pauses it while it rests is not resumed by the end of the rest', async () => {
  await using sockets = await connected();
  const { counted, whole, giveBack } = receive(sockets.reader, 3 * MB);
  const writing = write(sockets.writer, 3 * MB);
  while (counted.bytes < 2 * MB) await setImmediate();
  sockets.reader.pause();
  await writing;
  const held = counted.bytes;
  expect(held).toBeLessThan(3 * MB);
  sockets.reader.resume();
  await whole;
  giveBack(Buffer.alloc(0));
});

test('what comes while it rests and after it was given back is heard by whoever listened before', async () => {
  await using sockets = await connected();
  const heard: Buffer[] = [];
  sockets.reader.on('data', (data: Buffer) => heard.push(data));
  const { whole, giveBack } = receive(sockets.reader, 2 * MB);
  await Promise.all([write(sockets.writer, 2 * MB), whole]);
  giveBack(Buffer.from('unread '));
  sockets.reader.resume();
  sockets.writer.write('answer');
  while (Buffer.concat(heard).length < 'unread answer'.length) await once(sockets.reader, 'data');
  expect(Buffer.concat(heard).toString()).toBe('unread answer');
});
