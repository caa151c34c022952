import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectorKind, ConnectorNames } from './names.js';
import type { Files } from './write.js';

const ENDING = '.template';

/**
 * A connector that works. The source reads orders from a small HTTP API, which its own test serves; the destination writes lines
 * of JSON into a folder.
 */
export function connectorFiles(kind: ConnectorKind, names: ConnectorNames): Files {
  const folder = templateFolder(`connector-${kind}`);
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
