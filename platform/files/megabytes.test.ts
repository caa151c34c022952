import { expect, test } from 'vitest';
import { MEGABYTE, giveBack, takeMegabyte } from './megabytes.js';

test('a buffer that was given back is taken again, and never by two', () => {
  const first = takeMegabyte();
  const second = takeMegabyte();
  expect(first.buffer).not.toBe(second.buffer);
  giveBack(first.subarray(5, 10));
  const again = takeMegabyte();
  expect(again.buffer).toBe(first.buffer);
  expect(again).toHaveLength(MEGABYTE);
  expect(takeMegabyte().buffer).not.toBe(first.buffer);
});

test('others are let go', () => {
  const small = Buffer.allocUnsafeSlow(10);
  giveBack(small);
  expect(takeMegabyte().buffer).not.toBe(small.buffer);
});
