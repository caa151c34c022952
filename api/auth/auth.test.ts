import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateKey, parseKey } from './key-format.js';
import { KnownKeys } from './known-keys.js';
import { scopeAllows } from './scope.js';
import { hashSecret, isOldHash, secretMatches } from './secret-hash.js';
import { Turns } from './turns.js';

describe('API keys', () => {
  test('a key is found by its prefix and proven by its secret', async () => {
    const { text, prefix, secret } = generateKey();
    expect(text).toMatch(/^mrk_/);
    expect(parseKey(text)).toEqual({ prefix, secret });
    const [hash, again] = await Promise.all([hashSecret(secret), hashSecret(secret)]);
    expect(hash).toMatch(/^scrypt\$16384\$8\$1\$/);
    expect(hash).not.toBe(again);
    expect(hash).not.toContain(secret);
    expect(await secretMatches(secret, hash)).toBe(true);
    expect(await secretMatches(generateKey().secret, hash)).toBe(false);
    expect(isOldHash(hash)).toBe(false);
  });

  test('a hash of before is still one; what is none matches nothing', async () => {
    const old = createHash('sha256').update('s').digest('hex');
    expect([isOldHash(old), await secretMatches('s', old), await secretMatches('t', old)]).toEqual([true, true, false]);
    expect(await Promise.all(['', 'scrypt$1', `scrypt$16384$8$1$short$${old}`].map((hash) => secretMatches('s', hash)))).toEqual([
      false,
      false,
      false,
    ]);
  });

  test.each(['', 'mrk_', 'mrk_a_b', `${generateKey().text}x`, generateKey().text.replace('mrk_', 'sk_')])(
    '%j is no key',
    (text) => {
      expect(parseKey(text)).toBeUndefined();
    },
  );

  test('a key of before, without a checksum, is still one', () => {
    const { text, secret } = generateKey();
    expect(parseKey(text.slice(0, -6))?.secret).toBe(secret);
  });

  test('one wrong, missing or swapped character is noticed', () => {
    const { text } = generateKey();
    const wrong = [...text].flatMap((char, at) =>
      at < 4 || char === '_' ? [] : [replaceAt(text, at, char === 'x' ? 'y' : 'x')],
    );
    expect(wrong).toHaveLength(74);
    expect(wrong.filter((mistyped) => parseKey(mistyped) !== undefined)).toEqual([]);
    expect(parseKey(text.slice(0, -1))).toBeUndefined();
  });

  test('scopes include the smaller ones', () => {
    expect(scopeAllows('admin', 'read')).toBe(true);
    expect(scopeAllows('operate', 'operate')).toBe(true);
    expect(scopeAllows('read', 'operate')).toBe(false);
    expect(scopeAllows('operate', 'admin')).toBe(false);
  });
});

describe('keys that were verified', () => {
  test('are known by exactly the hash they were verified by, and the one used least is forgotten', () => {
    const known = new KnownKeys(2);
    const [a, b, c] = ['a', 'b', 'c'].map((text) => known.markOf(text)) as [string, string, string];
    known.add(a, 'hash-a');
    known.add(b, 'hash-b');
    expect([known.has(a, 'hash-a'), known.has(a, 'hash-b')]).toEqual([true, false]);
    known.add(c, 'hash-c');
    expect([known.has(a, 'hash-a'), known.has(b, 'hash-b'), known.has(c, 'hash-c')]).toEqual([true, false, true]);
  });

  test('leave nothing of themselves: another process marks the same key in another way', () => {
    expect(new KnownKeys().markOf('mrk_x')).not.toBe(new KnownKeys().markOf('mrk_x'));
  });
});

test('turns: so many at once, so many wait, the others are refused', async () => {
  const turns = new Turns(1, 1);
  let finish: (text: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => (finish = resolve));
  const refusal = (): Error => new Error('too many');
  const [one, two] = [turns.take(() => first, refusal), turns.take(async () => 'two', refusal)];
  await expect(turns.take(async () => 'three', refusal)).rejects.toThrow('too many');
  finish('one');
  expect(await Promise.all([one, two])).toEqual(['one', 'two']);
  await expect(turns.take(() => Promise.reject(new Error('mine')), refusal)).rejects.toThrow('mine');
  expect(await turns.take(async () => 'four', refusal)).toBe('four');
});

function replaceAt(text: string, at: number, char: string): string {
  return `${text.slice(0, at)}${char}${text.slice(at + 1)}`;
}
