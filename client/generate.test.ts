import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { operationsText, readDocument, schemasText } from './generate.js';
import { ROUTES } from './generated/operations.js';
import { typeOf } from './schema-types.js';

const committed = (name: string): string => readFileSync(new URL(`generated/${name}`, import.meta.url), 'utf8');

test('the committed types are those of the document; write them anew with: node dist/client/generate.js', () => {
  expect(schemasText(readDocument())).toBe(committed('schemas.ts'));
  expect(operationsText(readDocument())).toBe(committed('operations.ts'));
});

test('every operation of the document has a route', () => {
  const ids = Object.values(readDocument().paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(Object.keys(ROUTES).toSorted()).toEqual(ids.toSorted());
});

test.each([
  [{ type: 'string' }, 'string'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ enum: ['a', "it's"] }, "'a' | 'it\\'s'"],
  [{ type: 'array', items: { anyOf: [{ type: 'integer' }, { type: 'number' }] } }, 'readonly (number)[]'],
  [{ type: 'object', additionalProperties: { $ref: '#/components/schemas/Run' } }, '{ readonly [name: string]: Run }'],
  [
    { type: 'object', properties: { 'a-b': { type: 'null', description: 'Nothing.' } }, required: ['a-b'] },
    "{\n  /** Nothing. */\n  readonly 'a-b': null;\n}",
  ],
  [{}, 'unknown'],
])('%j becomes %s', (schema, type) => {
  expect(typeOf(schema, '')).toBe(type);
});
