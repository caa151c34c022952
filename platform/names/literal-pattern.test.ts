import { expect, test } from 'vitest';
import { literalPattern } from './literal-pattern.js';

test.each(['a.b', 'a*b+c?', '(x|y)', '[set]', '{1,2}', '^start$', 'back\\slash', 'a/b', 'naïve ✓', ''])(
  '%j stands for itself',
  (text) => {
    for (const flags of ['', 'u']) {
      expect(new RegExp(`^${literalPattern(text)}$`, flags).test(text)).toBe(true);
      expect(new RegExp(`^${literalPattern(text)}$`, flags).test(`${text}x`)).toBe(false);
    }
  },
);

test('no character of a text means another one', () => {
  expect(new RegExp(`^${literalPattern('a.b')}$`).test('axb')).toBe(false);
});
