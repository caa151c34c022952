import { describe, expect, test } from 'vitest';
import { giveBack } from '../../../../platform/files/megabytes.js';
import { type CsvKind, CsvRows, rowValues } from './csv-rows.js';
import { PacketReader } from './packets.js';

const LONGEST = 0xff_ff_ff;

/** A message as a server sends it: in packets of at most 16 MB. */
function framed(message: Buffer): Buffer {
  const packets: Buffer[] = [];
  for (let at = 0; ; at += LONGEST) {
    const body = message.subarray(at, at + LONGEST);
    const head = Buffer.alloc(4);
    head.writeUIntLE(body.length, 0, 3);
    packets.push(head, body);
    if (body.length < LONGEST) return Buffer.concat(packets);
  }
}

function received(stream: Buffer, pieces: number): Buffer[] {
  const messages: Buffer[] = [];
  const reader = new PacketReader((bytes, start, end) => messages.push(Buffer.from(bytes.subarray(start, end))));
  for (let at = 0; at < stream.length; at += pieces) reader.read(stream.subarray(at, at + pieces), () => false);
  return messages;
}

describe('packets', () => {
  const MESSAGES = ['', 'a', 'bc'.repeat(200), 'x'.repeat(70_000), ''].map((text) => Buffer.from(text));

  test.each([1, 2, 3, 5, 64, 65_536, 1_000_000])('are the same however they come: %d bytes at a time', (pieces) => {
    expect(received(Buffer.concat(MESSAGES.map(framed)), pieces).map(String)).toEqual(MESSAGES.map(String));
  });

  test.each([LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST])('a message of %d bytes is one', (length) => {
    const message = Buffer.alloc(length, 'y');
    const [found, next] = received(Buffer.concat([framed(message), framed(Buffer.from('z'))]), 65_536);
    expect(found?.equals(message)).toBe(true);
    expect(next?.toString()).toBe('z');
  });

  test('what comes behind the end is left to others', () => {
    let over = false;
    const reader = new PacketReader(() => void (over = true));
    const data = Buffer.concat([framed(Buffer.from('last')), Buffer.from('unread')]);
    expect(data.subarray(reader.read(data, () => over)).toString()).toBe('unread');
  });
});

const value = (content: Buffer | null): Buffer => {
  if (content === null) return Buffer.from([0xfb]);
  if (content.length < 251) return Buffer.concat([Buffer.from([content.length]), content]);
  const long = content.length > 0xffff;
  const head = Buffer.alloc(long ? 4 : 3, long ? 0xfd : 0xfc);
  head.writeUIntLE(content.length, 1, long ? 3 : 2);
  return Buffer.concat([head, content]);
};
const row = (...values: readonly (string | Buffer | null)[]): Buffer =>
  Buffer.concat(values.map((content) => value(content === null ? null : Buffer.from(content))));

function csvOf(kinds: readonly CsvKind[], rows: readonly Buffer[]) {
  const csv = new CsvRows(kinds);
  const chunks = rows.map((bytes) => csv.add(bytes, 0, bytes.length));
  const all = [...chunks, csv.take()].filter((chunk) => chunk !== undefined);
  return {
    text: Buffer.concat(all.map(({ bytes }) => bytes)).toString('latin1'),
    rows: all.reduce((sum, chunk) => sum + chunk.rows, 0),
    lineFeeds: all.reduce((sum, chunk) => sum + chunk.lineFeeds, 0),
    chunks: all.length,
  };
}

describe('rows as CSV', () => {
  test('NULL is nothing, empty is "", quotes are doubled, line feeds are counted, bytes are hexadecimal', () => {
    const rows = [
      row('1', 'a "b"\n', Buffer.from([0, 255, 10])),
      row(null, null, null),
      row('-3.50', '', ''),
      row('4', 'x,y\r', 'z'),
    ];
    expect(csvOf(['plain', 'text', 'hex'], rows)).toEqual({
      text: '1,"a ""b""\n",00FF0A\n,,\n-3.50,"",""\n4,"x,y\r",7A\n',
      rows: 4,
      lineFeeds: 5,
      chunks: 1,
    });
  });

  test.each([250, 251, 65_535, 65_536, 3_000_000])('a value of %d bytes comes whole, quotes only included', (length) => {
    const { text, rows } = csvOf(['text', 'plain'], [row('"'.repeat(length), '1'), row('b', '2')]);
    expect(rows).toBe(2);
    expect(text === `"${'""'.repeat(length)}",1\n"b",2\n`).toBe(true);
  });

  test('chunks are of whole rows, and their memory is used again', () => {
    const csv = new CsvRows(['text']);
    const texts: string[] = [];
    for (let n = 0; n < 40_000; n++) {
      const bytes = row(`row ${n} ${'x'.repeat(100)}`);
      const full = csv.add(bytes, 0, bytes.length);
      if (!full) continue;
      texts.push(full.bytes.toString());
      giveBack(full.bytes);
    }
    texts.push(csv.take()?.bytes.toString() ?? '');
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.every((text) => text.startsWith('"row ') && text.endsWith('x"\n'))).toBe(true);
    expect(texts.join('').split('\n').slice(0, -1)).toEqual(
      Array.from({ length: 40_000 }, (_, n) => `"row ${n} ${'x'.repeat(100)}"`),
    );
  });

  test('the values of a row can be had again', () => {
    const long = 'l'.repeat(70_000);
    expect(rowValues(row('1', null, '', long)).map((each) => each?.toString() ?? null)).toEqual(['1', null, '', long]);
  });
});
