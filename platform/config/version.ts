import { readFileSync } from 'node:fs';
import { z } from 'zod';

const MANIFEST = z.object({ version: z.string() });

/** From package.json: three folders above the built module, two above its source. */
export function millraceVersion(): string {
  const manifest = new URL(import.meta.url.includes('/dist/') ? '../../../package.json' : '../../package.json', import.meta.url);
  return MANIFEST.parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
