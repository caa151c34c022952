import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectorNames } from './names.js';
import type { Files } from './write.js';

const ENDING = '.template';

/** A source that works: it reads orders from a small HTTP API, which its own test serves. */
export function sourceFiles(names: ConnectorNames): Files {
  const folder = templateFolder('connector-source');
  const templates = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(ENDING));
  return Object.fromEntries(
    templates.map((name) => [name.slice(0, -ENDING.length), filled(readFileSync(join(folder, name), 'utf8'), names)]),
  );
}

/** Beside the folders of this project: templates are no sources, and nothing compiles them. */
function templateFolder(name: string): string {
  const root = import.meta.url.includes('/dist/') ? '../../../' : '../../';
  return fileURLToPath(new URL(`${root}templates/${name}`, import.meta.url));
}

const filled = (text: string, { id, title, package: name }: ConnectorNames): string =>
  text.replaceAll('{{id}}', id).replaceAll('{{title}}', title).replaceAll('{{package}}', name);
