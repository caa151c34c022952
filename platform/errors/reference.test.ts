import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { errorReference } from './reference.js';

test('docs/errors.md is what the catalogue says (node scripts/write-error-docs.mjs)', async () => {
  expect(await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toBe(errorReference());
});
