import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace');

/** A Python environment that holds nothing but these packages. */
export interface PythonEnvironment {
  /** Installs unless it holds exactly these packages already. @throws Error with the last line of pip */
  install(): Promise<void>;
  /** Path of a file that its packages bring beside their modules. */
  packageFile(...parts: string[]): string;
  /** A command that its packages bring. */
  command(name: string): string;
}

/**
 * @param name folder below Millrace's own in the user's cache
 * @param packages with exact versions, as pip takes them
 */
export function pythonEnvironment(name: string, packages: readonly string[]): PythonEnvironment {
  const folder = join(ROOT, name);
  const command = (program: string): string => join(folder, 'bin', program);
  return {
    command,
    packageFile: (...parts) => join(folder, 'lib', readdirSync(join(folder, 'lib'))[0] ?? '', 'site-packages', ...parts),
    install: async () => {
      if (await holds(folder, packages)) return;
      process.stderr.write(`Installing ${packages.join(', ')} from PyPI (once) …\n`);
      await rm(folder, { recursive: true, force: true });
      await orLastLine(run('python3', ['-m', 'venv', folder]));
      await orLastLine(run(command('pip'), ['install', '--quiet', '--no-cache-dir', ...packages], { maxBuffer: 1e8 }));
      await writeFile(join(folder, 'installed.txt'), packages.join('\n'));
    },
  };
}

async function holds(folder: string, packages: readonly string[]): Promise<boolean> {
  const list = join(folder, 'installed.txt');
  return existsSync(list) && (await readFile(list, 'utf8')) === packages.join('\n');
}

async function orLastLine(running: Promise<unknown>): Promise<void> {
  try {
    await running;
  } catch (error) {
    throw new Error(lastLine(String((error as { stderr?: string }).stderr ?? error)), { cause: error });
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
