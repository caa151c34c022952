import { expect, test } from 'vitest';
import { readOptions } from './options.js';

const read = (...words: string[]) =>
  readOptions(['node', 'bench', ...words], { known: ['small', 'wide', 'many', 'peers'], usual: ['small', 'wide', 'many'] });

test('suites are named with commas or several times; without a name it is the usual ones', () => {
  expect(read().suites).toEqual(['small', 'wide', 'many']);
  expect(read('--suite', 'many,small').suites).toEqual(['small', 'many']);
  expect(read('--suite', 'peers').suites).toEqual(['peers']);
  expect(read('--suite', 'wide', '--suite', 'small').suites).toEqual(['small', 'wide']);
  expect(() => read('--suite', 'large')).toThrow('There is no suite large; there are small, wide, many, peers.');
});

test('both ways to ask for the list', () => {
  expect([read('list').list, read('--list').list, read().list]).toEqual([true, true, false]);
  expect(() => read('lsit')).toThrow('Only list is understood');
});

test('quick means one repetition', () => {
  expect(read('--quick', '--repeat', '4').repeat).toBe(1);
  expect(read('--repeat', '4').repeat).toBe(4);
});
