import { expect, test } from 'vitest';
import { NO_REJECTS, rejectsNote, withRejects } from './rejects.js';

const long = { field: 'name', code: 'too_long', reason: 'longer than 20 characters' };
const check = { code: 'check', reason: 'violates the check positive' };
const slice = { manifest: 'wsp/con/rejects/s/1-1.a/manifest.json', sha256: 'abc', rows: 2 };

test('a stream tells the sums of its slices, the commonest reason first', () => {
  const first = withRejects(NO_REJECTS, {
    ...slice,
    reasons: [
      { ...check, rows: 1 },
      { ...long, rows: 1 },
    ],
  });
  const both = withRejects(first, { ...slice, reasons: [{ ...long, rows: 1_999 }] });
  expect(rejectsNote(2_001, both.reasons)).toEqual([
    '2,001 rows rejected (2,000 longer than 20 characters in name, 1 violates the check positive)',
  ]);
  expect(rejectsNote(1, [])).toEqual(['1 row rejected']);
  expect(rejectsNote(0, [])).toEqual([]);
});

test('only what could not be listed is carried on, and no more than fits', () => {
  const listed = withRejects(NO_REJECTS, { ...slice, reasons: [] });
  expect(listed.unrecorded).toEqual([]);
  const waiting = Array.from({ length: 300 }).reduce<typeof NO_REJECTS>(
    (held) => withRejects(held, { ...slice, reasons: [], unrecorded: true }),
    NO_REJECTS,
  );
  expect(waiting.unrecorded).toHaveLength(200);
  expect(waiting.unrecorded[0]).toEqual(slice);
});
