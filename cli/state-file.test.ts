import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Connection, ConnectionState } from '../client/index.js';
import { movesBetween, readState, refuseUnknownStreams } from './state-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (value: string) => ({ kind: 'cursor', cursor: { type: 'int', field: 'id', value } }) as const;
const state = {
  revision: 3,
  feeds: { a: { lineage: 1, generation: 0, seq: 2, position: at('5') } },
} as unknown as ConnectionState;

function written(content: unknown): string {
  const path = join(folder, 'state.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('a state is read as it is, and from the envelope of --json', () => {
  expect(readState(written(state))).toEqual(state);
  expect(readState(written({ ok: true, data: state }))).toEqual(state);
});

test.each([['{"revision": 1}'], ['null'], ['[]'], ['{']])('%s is refused', (content) => {
  expect(() => readState(written(content))).toThrow(/feeds|JSON/);
});

test('only positions that differ move, whatever the order of keys; a stream that was never read stands at the start', () => {
  const same = { cursor: { value: '5', field: 'id', type: 'int' as const }, kind: 'cursor' as const };
  expect(movesBetween(state, { feeds: { a: { position: same }, b: { position: { kind: 'start' } } } })).toEqual([]);
  expect(movesBetween(state, { feeds: { a: { position: at('4') }, b: { position: at('9') } } })).toEqual([
    { stream: 'a', from: 'id 5', to: 'id 4' },
    { stream: 'b', from: 'start', to: 'id 9' },
  ]);
});

test('a stream that the connection does not have is refused with the one that was meant', () => {
  const connection = { name: 'shop', streams: [{ name: 'public.orders' }] } as unknown as Connection;
  const wanted = { feeds: { 'public.ordres': { position: { kind: 'start' } as const } } };
  expect(() => refuseUnknownStreams(connection, wanted)).toThrow('Connection shop has no stream public.ordres.');
});
