import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { print } from '../output/report.js';

const MANIFEST = z.object({ version: z.string() });

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('Print the version.')
    .action(() => print(readVersion()));
}

/** From package.json, two folders above `dist/cli/commands`, or three above the sources' own place in the tests. */
export function readVersion(): string {
  const manifest = new URL(import.meta.url.includes('/dist/') ? '../../../package.json' : '../../package.json', import.meta.url);
  return MANIFEST.parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
