import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { addCommand, withOutput } from '../command.js';

const MANIFEST = z.object({ version: z.string() });

export function addVersion(program: Command): void {
  const help = { description: 'Print the version.', examples: ['millrace version', 'millrace version --json'] };
  addCommand(program, 'version', help).action(
    withOutput<[]>(async ({ out }) => {
      const version = readVersion();
      out.result({ version, node: process.version }, () => version);
    }),
  );
}

/** From package.json, two folders above `dist/cli/commands`, or three above the sources' own place in the tests. */
export function readVersion(): string {
  const manifest = new URL(import.meta.url.includes('/dist/') ? '../../../package.json' : '../../package.json', import.meta.url);
  return MANIFEST.parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
