import { expect, test, vi } from 'vitest';
import { RunEnds } from './run-ends.js';

const NEVER = new AbortController().signal;
const LONG = 60_000;

test('runs that are waited for at the same time are looked after together, each until its own end', async () => {
  const asked: string[][] = [];
  const ended = new Set<string>();
  const ends = new RunEnds(async (ids) => {
    asked.push([...ids].sort());
    return ids.filter((id) => ended.has(id));
  });
  const [a, b] = [ends.of('a', LONG, NEVER), ends.of('b', LONG, NEVER)];
  ended.add('a');
  await a;
  ended.add('b');
  await b;
  expect(asked[0]).toEqual(['a', 'b']);
  expect(asked.at(-1)).toEqual(['b']);
  const before = asked.length;
  await ends.of('a', LONG, NEVER);
  expect(asked.slice(before)).toEqual([['a']]);
});

test('a wait ends with its time, with its signal, and when nobody can say', async () => {
  const open = new RunEnds(async () => []);
  await open.of('a', 1, NEVER);
  await open.of('a', LONG, AbortSignal.abort());
  await open.of('a', LONG, AbortSignal.timeout(1));
  await new RunEnds(async () => Promise.reject(new Error('away'))).of('a', LONG, NEVER);
  await expect(open.of('b', 5, NEVER)).resolves.toBeUndefined();
});

test('a new run is looked after at once, however long others have been waited for', async () => {
  vi.useFakeTimers();
  try {
    const asked: string[][] = [];
    const ends = new RunEnds(async (ids) => {
      asked.push([...ids]);
      return ids.filter((id) => id === 'new');
    });
    void ends.of('old', LONG, NEVER);
    await vi.advanceTimersByTimeAsync(20_000);
    const before = asked.length;
    await vi.advanceTimersByTimeAsync(250);
    expect(asked.length - before).toBe(1);
    const begun = performance.now();
    const ended = ends.of('new', LONG, NEVER).then(() => performance.now() - begun);
    await vi.advanceTimersByTimeAsync(250);
    expect(await ended).toBe(20);
  } finally {
    vi.useRealTimers();
  }
});

test('an end that is told ends every wait for that run, without a look', async () => {
  const asked: string[] = [];
  const listening: string[] = [];
  const ends = new RunEnds(
    async (ids) => (asked.push(...ids), []),
    async () => void listening.push('listening'),
  );
  const waits = [ends.of('a', LONG, NEVER), ends.of('a', LONG, NEVER)];
  const other = ends.of('b', 1, NEVER);
  ends.told('unknown');
  ends.told('a');
  await Promise.all([...waits, other]);
  expect([asked, listening]).toEqual([[], Array.from({ length: 3 }, () => 'listening')]);
});
