/** Writes docs/errors.md from the error catalogue; a test compares the two. Run it after a build. */
import { writeFile } from 'node:fs/promises';
import { errorReference } from '../dist/platform/errors/reference.js';

await writeFile(new URL('../docs/errors.md', import.meta.url), errorReference());
