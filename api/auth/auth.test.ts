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
    expect(secretMatches(generateKey().text.slice(-52), key.hash)).toBe(false);
    expect(key.hash).not.toContain(presented?.secret);
  });

  test.each(['', 'mrk_', 'mrk_a_b', `${generateKey().text}x`, generateKey().text.replace('mrk_', 'sk_')])(
    '%j is no key',
    (text) => {
      expect(parseKey(text)).toBeUndefined();
    },
  );

  test('scopes include the smaller ones', () => {
    expect(scopeAllows('admin', 'read')).toBe(true);
    expect(scopeAllows('operate', 'operate')).toBe(true);
    expect(scopeAllows('read', 'operate')).toBe(false);
    expect(scopeAllows('operate', 'admin')).toBe(false);
  });
});
