import { EventEmitter } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { Connection } from 'pg';
import { expect, test } from 'vitest';
import { CopyOut } from './copy-out.js';

const message = (type: string, body: Buffer | string): Buffer => {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
};

/** A connection whose socket says what the test lets it say, and the parser of `pg` that takes over at the end. */
function openCopy() {
  const stream = Object.assign(new EventEmitter(), { pause: () => stream, resume: () => stream, destroy: () => stream });
  const asked: string[] = [];
  const left: Buffer[] = [];
  stream.on('data', (data: Buffer) => left.push(data));
  const copy = new CopyOut('copy t to stdout');
  copy.submit({ stream, query: (text: string) => asked.push(text) } as unknown as Connection);
  return { copy, asked, rest: () => Buffer.concat(left), say: (data: Buffer) => stream.emit('data', Buffer.from(data)) };
}

const ROWS = ['first\n', '', 'a longer row\n', 'x'.repeat(3_000_000), 'last\n'];
const END = Buffer.concat([message('c', ''), message('C', 'COPY 5\0'), message('Z', 'I')]);
const CONVERSATION = Buffer.concat([
  message('H', Buffer.alloc(3)),
  ...ROWS.slice(0, 2).map((row) => message('d', row)),
  message('N', 'SNOTICE\0d looks like a row\0\0'),
  message('S', 'timezone\0UTC\0'),
  ...ROWS.slice(2).map((row) => message('d', row)),
  END,
]);

async function copyInPieces(pieces: readonly Buffer[]) {
  const { copy, rest, say } = openCopy();
  const content = buffer(copy);
  for (const piece of pieces) say(piece);
  copy.handleCommandComplete({ text: 'COPY 5' });
  copy.handleReadyForQuery();
  return { content: (await content).toString(), rest: rest().toString('hex'), rows: copy.rows };
}

const expected = { content: ROWS.join(''), rest: END.toString('hex'), rows: 5 };

test('rows come through whatever the socket cuts, notices in between are no rows, and the end is left to pg', async () => {
  const early = Array.from({ length: 120 }, (_, at) => at);
  const late = early.map((at) => CONVERSATION.length - 1 - at);
  for (const at of [...early, ...late])
    expect(await copyInPieces([CONVERSATION.subarray(0, at), CONVERSATION.subarray(at)]), `cut at ${at}`).toEqual(expected);
});

test('rows come through byte by byte', async () => {
  const [head, tail] = [CONVERSATION.subarray(0, 150), CONVERSATION.subarray(CONVERSATION.length - 60)];
  const bytes = [...head].map((byte) => Buffer.from([byte]));
  const last = [...tail].map((byte) => Buffer.from([byte]));
  const middle = CONVERSATION.subarray(150, CONVERSATION.length - 60);
  expect(await copyInPieces([...bytes, middle, ...last])).toEqual(expected);
});

test('an error ends the copy, and is left to pg', async () => {
  const { copy, rest, say } = openCopy();
  const failed = buffer(copy).catch((error: unknown) => error);
  const error = message('E', 'SERROR\0Mout of luck\0\0');
  say(Buffer.concat([message('H', Buffer.alloc(3)), message('d', 'one'), error]));
  expect(rest().toString('hex')).toBe(error.toString('hex'));
  copy.handleError(new Error('out of luck'));
  expect(await failed).toEqual(new Error('out of luck'));
});
