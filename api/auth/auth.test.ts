import { describe, expect, test } from 'vitest';
import { generateKey, parseKey, secretMatches } from './key-format.js';
import { scopeAllows } from './scope.js';

describe('API keys', () => {
  test('a key is found by its prefix and proven by its secret', () => {
    const key = generateKey();
    const presented = parseKey(key.text);
    expect(key.text).toMatch(/^mrk_/);
    expect(presented?.prefix).toBe(key.prefix);
    expect(secretMatches(presented?.secret ?? '', key.hash)).toBe(true);
    expect(secretMatches(parseKey(generateKey().text)?.secret ?? '', key.hash)).toBe(false);
    expect(key.hash).not.toContain(presented?.secret);
  });

  test.each(['', 'mrk_', 'mrk_a_b', `${generateKey().text}x`, generateKey().text.replace('mrk_', 'sk_')])(
    '%j is no key',
    (text) => {
      expect(parseKey(text)).toBeUndefined();
    },
  );

  test('a key of before, without a checksum, is still one', () => {
    const { text, hash } = generateKey();
    expect(secretMatches(parseKey(text.slice(0, -6))?.secret ?? '', hash)).toBe(true);
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

function replaceAt(text: string, at: number, char: string): string {
  return `${text.slice(0, at)}${char}${text.slice(at + 1)}`;
}
