/**
 * Writes docs/openapi.json: `node dist/api/openapi/write.js [file]`. A test fails when the committed one is not this.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { documentText, offlineDocument } from './offline.js';

await writeFile(process.argv[2] ?? 'docs/openapi.json', documentText(await offlineDocument()));
