import { expect, test } from 'vitest';
import { caseInsensitiveNames, fitIdentifier, stagedNames } from './naming.js';

test('a name that fits stays', () => {
  expect(fitIdentifier('orders')).toBe('orders');
  expect(fitIdentifier('x'.repeat(63))).toBe('x'.repeat(63));
});

test('a long name is cut at a character, keeps within 63 bytes and stays different from its neighbours', () => {
  const [a, b] = [fitIdentifier(`${'é😀'.repeat(40)}a`), fitIdentifier(`${'é😀'.repeat(40)}b`)];
  expect(Buffer.byteLength(a)).toBeLessThanOrEqual(63);
  expect(a).not.toBe(b);
  expect(a).not.toContain('\ufffd');
  expect(a.slice(0, -8)).toBe(b.slice(0, -8));
});

test('names that differ only in case are made different, in order, without meeting a third', () => {
  expect(caseInsensitiveNames(['A', 'a', 'a_2', 'b'])).toEqual(['A', 'a_2', 'a_2_2', 'b']);
  expect(stagedNames([{ name: 'A' }, { name: 'a' }])('a')).toBe('a_2');
});
