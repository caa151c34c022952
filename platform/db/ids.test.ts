import { describe, expect, test } from 'vitest';
import { base32, DEFAULT_WORKSPACE, isId, newId } from './ids.js';

describe('ids', () => {
  test('an id is its prefix and 26 lowercase characters', () => {
    expect(newId('source')).toMatch(/^src_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(newId('run')).toMatch(/^run_/);
  });

  test('ids sort by the time they were made', () => {
    const moments = [0, 31, 32, 1_000, 1_700_000_000_000, 1_700_000_000_001, 2 ** 47];
    const ids = moments.map((ms) => newId('run', ms));
    expect([...ids].sort()).toEqual(ids);
  });

  test('no two of 10,000 are equal', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => newId('key', 5)))).toHaveProperty('size', 10_000);
  });

  test('base32 keeps every bit', () => {
    expect(base32(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff]))).toBe('zzzzzzzz');
    expect(base32(new Uint8Array([0, 0, 0, 0, 1]))).toBe('00000001');
    expect(base32(new Uint8Array([0b10000000]))).toBe('g0');
    expect(base32(new Uint8Array(32).fill(255))).toHaveLength(52);
  });

  test('only ids of the kind are accepted', () => {
    expect(isId('source', newId('source'))).toBe(true);
    expect(isId('source', newId('run'))).toBe(false);
    expect(isId('workspace', DEFAULT_WORKSPACE)).toBe(true);
    expect(isId('source', "src_x'; drop table sources")).toBe(false);
  });
});
