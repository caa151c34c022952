import { expect, test } from 'vitest';
import { changeText, diffSchemas } from './schema-diff.js';
import type { Field } from './types.js';

const field = (name: string, type: string, nullable = true): Field => ({
  name,
  type: 'string',
  nullable,
  native: { system: 'postgres', type },
});
const schema = (...fields: Field[]) => ({ fields, primaryKey: ['id'] });
const id = field('id', 'integer', false);

test.each([
  ['nothing', [id], [id], []],
  ['an added column', [id], [id, field('a', 'text')], ['added a text']],
  ['a dropped column', [id, field('a', 'text')], [id], ['dropped a text']],
  ['a rename', [id, field('a', 'text')], [id, field('b', 'text')], ['dropped a text, maybe renamed to b', 'added b text']],
  ['a widened type', [field('id', 'integer')], [field('id', 'bigint')], ['widened id from integer to bigint']],
  ['a narrowed type', [field('id', 'bigint')], [field('id', 'integer')], ['narrowed id from bigint to integer']],
  ['another type', [field('id', 'date')], [field('id', 'boolean')], ['breaking: retyped id from date to boolean']],
  ['a column that must not be NULL', [field('id', 'date')], [field('id', 'date', false)], ['id is required now']],
] as const)('%s', (_, before, after, expected) => {
  const changes = diffSchemas(schema(...before), schema(...after));
  expect(changes.map((change) => changeText(change, changes))).toEqual(expected);
});

test('another key is breaking', () => {
  const changes = diffSchemas({ fields: [id], primaryKey: ['id'] }, { fields: [id], primaryKey: ['id', 'region'] });
  expect(changes).toMatchObject([{ kind: 'key', from: 'id', to: 'id, region', breaking: true }]);
});

test('a column that comes back is compared with what the target still has', () => {
  const [was, is] = [field('a', 'date'), field('a', 'boolean')];
  expect(diffSchemas(schema(id), schema(id, is), [was])).toMatchObject([{ kind: 'added' }, { kind: 'retyped', breaking: true }]);
  expect(diffSchemas(schema(id), schema(id, was), [was])).toMatchObject([{ kind: 'added', breaking: false }]);
});

test('logical types of sources without types of their own are ordered as well', () => {
  const plain = (type: Field['type']): Field => ({ name: 'a', type, nullable: true });
  expect(diffSchemas(schema(plain('int32')), schema(plain('int64')))).toMatchObject([{ kind: 'widened' }]);
  expect(diffSchemas(schema(plain('date')), schema(plain('string')))).toMatchObject([{ kind: 'widened' }]);
  expect(diffSchemas(schema(plain('decimal(10,2)')), schema(plain('boolean')))).toMatchObject([{ kind: 'retyped' }]);
});
