/**
 * Holds the direction of imports: what a folder may import is written in `import-layers.mjs`. Prints every import that
 * breaks it and exits 1.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainRefusal } from './import-layers.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every import of a TypeScript source, with whether only types are taken and whether it is loaded on demand. */
export function importsOf(source) {
  const statements = [...source.matchAll(STATEMENT)].map(([, typeOnly, names, target]) => ({
    target,
    typeOnly: typeOnly !== undefined || everyNameIsType(names),
    lazy: false,
  }));
  const onDemand = [...source.matchAll(DYNAMIC)].map(([, target]) => ({ target, typeOnly: false, lazy: true }));
  return [...statements, ...onDemand];
}

function everyNameIsType(names) {
  const list = /^\{([\s\S]*)\}$/.exec(names?.trim() ?? '')?.[1];
  const parts = list?.split(',').filter((name) => name.trim() !== '') ?? [];
  return parts.length > 0 && parts.every((name) => /^\s*type\s/.test(name));
}

/** The refused imports of one file, as lines for people. */
export function refusalsOf(file, source) {
  return importsOf(source).flatMap((found) => {
    const isRelative = found.target.startsWith('.');
    const target = isRelative ? pathOf(file, found.target) : found.target;
    const why = explainRefusal({ ...found, file, target, relative: isRelative });
    return why === undefined ? [] : [`${file} imports ${target}: ${why}`];
  });
}

function pathOf(file, target) {
  return relative(ROOT, resolve(ROOT, dirname(file), target)).replace(/\.js$/, '.ts');
}

function typescriptFiles() {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const own = folders.map((entry) => entry.name).filter((name) => !/^(\..*|node_modules|dist|coverage)$/.test(name));
  return own.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .map((path) => join(folder, String(path)))
      .filter((path) => path.endsWith('.ts') && !path.includes('node_modules')),
  );
}

function main() {
  const refusals = typescriptFiles().flatMap((file) => refusalsOf(file, readFileSync(join(ROOT, file), 'utf8')));
  for (const line of refusals) console.error(line);
  if (refusals.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
