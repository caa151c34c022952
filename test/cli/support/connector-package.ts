/**
 * Packages that `millrace connector new` has made, with packages of this repository in place of what npm would install.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export function linkDependencies(folder: string): void {
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(ROOT, join(folder, 'node_modules', 'millrace'));
  for (const name of ['zod', 'typescript', '@types/node'])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
}

/** A script of the package, as `npm run` would run it. */
export async function runScript(
  folder: string,
  script: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}` };
  delete (env as NodeJS.ProcessEnv)['NODE_OPTIONS'];
  const child = spawn('npm', ['run', '--silent', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => void (output += part.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
