import { expect, test } from 'vitest';
import type { StreamRecord } from '../platform/db/store.js';
import { runDetails } from './details.js';
import { inParallel } from './parallel.js';
import { newRunId } from './run-id.js';
import { count, placeText } from './steps-text.js';

const record: StreamRecord = {
  ...{ name: 'public.a|b', step: 'load', status: 'running', bytes: 1, slices: 1, error: null, notes: ['created x'] },
  rows: { extracted: 1_234_567, repeated: 0, filtered: 0, loaded: 81_920, rejected: 2, superseded: 0 },
  cursor: { kind: 'cursor', cursor: { type: 'int', field: 'id', value: '81920' } },
};

test('a person sees stream, step, rows, cursor and error', () => {
  const failed: StreamRecord = {
    ...record,
    name: 'public.bad',
    status: 'failed',
    error: { code: 'load.blocked', message: 'a\nlock', suggestion: 'end it' },
  };
  const text = runDetails({ phase: 'partial', streams: [record, failed], notes: [] });
  expect(text).toContain('| public.a\\|b | load | 1,234,567 | 81,920 | 2 | id 81920 |');
  expect(text).toContain('**public.bad**: `load.blocked` a lock');
  expect(text).toContain('→ end it');
  expect(text).toContain('- public.a|b: created x');
});

test('thousands of streams stay within what Temporal keeps, failures first', () => {
  const streams = Array.from({ length: 3_000 }, (_, index): StreamRecord => ({
    ...record,
    name: `public.${'x'.repeat(60)}${index}`,
    notes: [],
  }));
  const failed: StreamRecord = { ...record, name: 'public.bad', error: { code: 'x', message: 'y', suggestion: 'z' } };
  const text = runDetails({ phase: 'running', streams: [...streams, failed], notes: [] });
  expect(text.length).toBeLessThan(20_000);
  expect(text).toContain('public.bad');
  expect(text).toContain('2951 more streams');
});

test.each([
  [{ kind: 'start' }, 'the start'],
  [{ kind: 'end' }, 'the end'],
  [{ kind: 'scan', scan: { by: ['a', 'b'], after: ['1', 'x'] } }, 'a, b > 1, x'],
  [{ kind: 'cursor', cursor: { type: 'int', field: 'id', value: null } }, 'id NULL'],
] as const)('%j reads as %s', (position, text) => {
  expect(placeText({ position })).toBe(text);
});

test('rows are grouped by thousands', () => {
  expect([0, 999, 1_000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
});

test('work runs side by side up to the limit, results keep their order', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([30, 10, 20, 5], 2, async (ms) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return ms;
  });
  expect(results).toEqual([30, 10, 20, 5]);
  expect(most).toBe(2);
});

test('run ids sort by time', () => {
  const [early, late] = [newRunId(1_700_000_000_000, crypto.randomUUID()), newRunId(1_700_000_000_001, crypto.randomUUID())];
  expect(early < late).toBe(true);
  expect(early).toMatch(/^run_[0-9a-z]{26}$/);
});
