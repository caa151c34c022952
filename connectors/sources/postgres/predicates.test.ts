import { expect, test } from 'vitest';
import type { Field } from '../../../schema/types.js';
import { keysetWhere } from './predicates.js';

const key = (name: string, type: string): Field => ({
  name,
  type: 'int64',
  nullable: false,
  native: { system: 'postgres', type },
});
const [order, line] = [key('order', 'bigint'), key('line', 'integer')];

test('a slice of a key of one column lies between two values', () => {
  expect(keysetWhere([order], undefined, null)).toBe('true');
  expect(keysetWhere([order], ['7'], null)).toBe(`("order") > ('7'::bigint)`);
  expect(keysetWhere([order], ['7'], ['9'])).toBe(`("order") > ('7'::bigint) and ("order") <= ('9'::bigint)`);
});

test('of a key of several columns the first is bounded by itself, too, for the planner', () => {
  expect(keysetWhere([order, line], ['7', '1'], ['9', '2'])).toBe(
    `("order", "line") > ('7'::bigint, '1'::integer) and "order" >= ('7'::bigint)` +
      ` and ("order", "line") <= ('9'::bigint, '2'::integer) and "order" <= ('9'::bigint)`,
  );
});
