import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { invalid } from '../input.js';

/** Contents by path below the folder. */
export type Files = Readonly<Record<string, string>>;

/** Writes files into a folder that holds nothing yet. @throws MillraceError `request.invalid` when it does */
export function writeFiles(folder: string, files: Files): void {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw invalid(
      '--dir',
      `${folder} is there and not empty: nothing was written.`,
      'Choose another folder with --dir, or another name.',
    );
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { flag: 'wx' });
  }
}
