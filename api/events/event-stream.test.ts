import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { ChangeFeed } from './change-feed.js';
import type { ChangedRun } from './change-store.js';
import { EventStream } from './event-stream.js';

test('events are written as the standard says, with comments while nothing happens', async () => {
  vi.useFakeTimers();
  const stream = new EventStream(1_000);
  stream.tell({ id: 7, event: 'change', data: { text: 'two\nlines' } });
  vi.advanceTimersByTime(1_000);
  stream.finish();
  vi.useRealTimers();
  const chunks: string[] = [];
  for await (const chunk of stream) chunks.push(String(chunk));
  expect(chunks.join('')).toBe('id: 7\nevent: change\ndata: {"text":"two\\nlines"}\n\n:\n\n');
});

test('a client that does not read is cut off instead of filling the memory', async () => {
  const stream = new EventStream();
  const closed = once(stream, 'close');
  for (let id = 1; id <= 60 && !stream.destroyed; id++) stream.tell({ id, event: 'change', data: 'x'.repeat(100_000) });
  await closed;
  expect(stream.destroyed).toBe(true);
});

test('all listeners are told by one look, and a look that fails is made up for', async () => {
  const change = (id: number) => ({ id }) as ChangedRun;
  let looks = 0;
  const store = {
    head: async () => 3,
    since: async (head: number) => {
      looks += 1;
      if (looks === 1) throw new Error('away');
      return { head: head + 1, runs: [change(head + 1)] };
    },
  };
  const feed = new ChangeFeed(store);
  const heard: number[][] = [[], [], []];
  const leaves = await Promise.all(heard.map((ids) => feed.listen((changes) => ids.push(...changes.map(({ id }) => id)))));
  await vi.waitFor(() => expect(heard[0]!.length).toBeGreaterThan(1), { timeout: 5_000 });
  for (const leave of leaves) leave();
  expect(heard[1]).toEqual(heard[0]);
  expect(heard[0]!.slice(0, 2)).toEqual([4, 5]);
  expect(looks).toBe(heard[0]!.length + 1);
});
