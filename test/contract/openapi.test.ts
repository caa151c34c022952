import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startMillrace } from '../support/millrace.js';
import { makeExisting } from './scene.js';
import { examine, hasPython, installSchemathesis } from './schemathesis.js';

const MINUTES = 60_000;
/** What deletes must not find anything, and this one has its ids in the body. */
const KNOWS_NO_IDS = /^(DELETE .*|POST \/v1\/transforms\/preview)$/;
const isThere = process.env['CI'] !== undefined || (await hasPython());
if (!isThere) process.stderr.write('Skipping the contract of the API: it needs Python 3.10 or newer with venv.\n');

test.skipIf(!isThere)(
  'every operation answers as the OpenAPI document says, whatever it is asked, and never with a fault',
  async () => {
    const command = await installSchemathesis();
    await using millrace = await startMillrace();
    const document = JSON.parse(await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
    const target = { url: millrace.apiUrl, apiKey: millrace.apiKey, existing: await makeExisting(millrace) };
    const { failures, operations, test_cases: cases, warnings } = await examine(command, document, target);
    expect(failures).toBe('');
    expect(operations.tested).toBe(operations.total);
    expect(cases.generated).toBeGreaterThan(20 * operations.total);
    expect(warnings.missing_auth).toEqual([]);
    expect(warnings.missing_test_data.filter((name) => !KNOWS_NO_IDS.test(name))).toEqual([]);
  },
  10 * MINUTES,
);
