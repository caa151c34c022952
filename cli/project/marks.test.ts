import { expect, test } from 'vitest';
import { connectionFileSchema } from './files/file-schemas.js';
import { describeEntry } from './describe.js';
import { driftOf, isMarked, marked, ownLabels } from './marks.js';

const BRIEF = describeEntry({
  ...connectionFileSchema.parse({ source: 'a', destination: 'b', streams: [{ name: 's.a', mode: 'mirror' }] }),
  ...{ name: 'shop', origin: undefined as never },
}).brief;

test('the marks of a connection fit into labels', () => {
  for (const value of Object.values(marked({}, 'shop', BRIEF))) expect(value.length).toBeLessThanOrEqual(255);
});

test('they name what has changed since', () => {
  const labels = marked({ team: 'sales' }, 'shop', BRIEF);
  expect(driftOf(labels, BRIEF)).toEqual([]);
  expect(driftOf(labels, { ...BRIEF, keepStaged: '7d' })).toEqual(['keepStaged']);
  expect(isMarked(labels, 'shop', BRIEF)).toBe(true);
  expect(isMarked(labels, 'other', BRIEF)).toBe(false);
  expect(ownLabels(labels)).toEqual({ team: 'sales' });
});

test('a setting that a later version brings is no drift, and renews no mark', () => {
  const labels = marked({}, 'shop', BRIEF);
  const later = { ...BRIEF, newSetting: null };
  expect(driftOf(labels, later)).toEqual([]);
  expect(isMarked(labels, 'shop', later)).toBe(true);
});
