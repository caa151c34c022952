import { expect, test } from 'vitest';
import { differingColumns, requireEqual } from './content.js';

test('columns that differ are named, also those that only one side has', () => {
  const wanted = { id: '3/17', note: '3/4', 'whole rows': '3/9' };
  expect(differingColumns(wanted, { id: '3/17', note: '3/5', more: '3/1', 'whole rows': '3/9' })).toEqual(['note', 'more']);
  expect(() => requireEqual('copied', wanted, { ...wanted, note: '2/1' })).toThrow('copied differs from its source in note');
  expect(() => requireEqual('copied', wanted, { ...wanted })).not.toThrow();
});
