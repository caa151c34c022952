import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from './package-file.js';

const MANIFEST = z.object({ version: z.string() });

let version: string | undefined;

/** From package.json, read once. */
export function millraceVersion(): string {
  version ??= MANIFEST.parse(JSON.parse(readFileSync(packageFile('package.json'), 'utf8'))).version;
  return version;
}
