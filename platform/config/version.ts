import { readFileSync } from 'node:fs';
import { z } from 'zod';

const MANIFEST = z.object({ version: z.string() });

let version: string | undefined;

/** From package.json, read once: three folders above the built module, two above its source. */
export function millraceVersion(): string {
  version ??= readVersion();
  return version;
}

function readVersion(): string {
  const manifest = new URL(import.meta.url.includes('/dist/') ? '../../../package.json' : '../../package.json', import.meta.url);
  return MANIFEST.parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
