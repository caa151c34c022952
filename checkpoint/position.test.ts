import { expect, test } from 'vitest';
import { type Position, canonicalJson, parsePosition, positionText, samePosition } from './position.js';

const cursor: Position = {
  kind: 'cursor',
  cursor: { type: 'timestamptz', field: 'at', value: '2024-01-01 00:00:00.000001+00', boundary: 'ab' },
};

test('equal positions have equal texts, whatever the order of their members', () => {
  const shuffled = {
    cursor: { boundary: 'ab', value: '2024-01-01 00:00:00.000001+00', field: 'at', type: 'timestamptz' },
    kind: 'cursor',
  } as Position;
  expect(positionText(shuffled)).toBe(positionText(cursor));
  expect(samePosition(shuffled, cursor)).toBe(true);
});

test('positions that differ in one microsecond or in their boundary are different', () => {
  const later: Position = { kind: 'cursor', cursor: { ...cursor.cursor, value: '2024-01-01 00:00:00.000002+00' } };
  const { boundary: _, ...bare } = cursor.cursor;
  expect(samePosition(later, cursor)).toBe(false);
  expect(samePosition({ kind: 'cursor', cursor: bare }, cursor)).toBe(false);
});

test('a position comes back from its text as it was', () => {
  expect(parsePosition(positionText(cursor))).toEqual(cursor);
});

test('undefined members leave no trace, arrays keep their order', () => {
  expect(canonicalJson({ b: [2, 1], a: undefined, c: { y: 1, x: null } })).toBe('{"b":[2,1],"c":{"x":null,"y":1}}');
});
