import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from './fail.mjs';

const STAMP = 'dist/.millrace-build.json';
/** What `npx millrace` runs. */
const COMMAND = 'dist/cli/main.js';
const NOT_SOURCES = /^(\..*|node_modules|dist|coverage)$/;

/** Compiles and bundles the workflows when any source changed since the last build. */
export function build() {
  const sources = listSources();
  const built = readStamp();
  const wanted = fingerprint(sources);
  if (built?.fingerprint === wanted) return;
  console.error('Building (about 10 seconds) …');
  removeLeftovers(built, sources);
  rmSync(STAMP, { force: true });
  run(['node_modules/typescript/bin/tsc', '-p', '.']);
  if (existsSync(COMMAND)) chmodSync(COMMAND, 0o755); // npm does so only when it links the command, once
  if (existsSync('dist/worker/bundle.js')) run(['dist/worker/bundle.js']);
  mkdirSync('dist', { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ fingerprint: wanted, sources }));
}

/** A module whose source is gone would still be found by whoever imports it. Without a record the compiler emits everything. */
function removeLeftovers(built, sources) {
  if (!built) rmSync('dist/.tsbuildinfo', { force: true });
  const gone = (built?.sources ?? []).filter((path) => path.endsWith('.ts') && !sources.includes(path));
  for (const path of gone) {
    const output = join('dist', path.slice(0, -'.ts'.length));
    for (const ending of ['.js', '.js.map', '.d.ts']) rmSync(output + ending, { force: true });
  }
}

function listSources() {
  const folders = readdirSync('.', { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !NOT_SOURCES.test(entry.name),
  );
  const inFolders = folders.flatMap(({ name }) => readdirSync(name, { recursive: true }).map((path) => join(name, path)));
  return [
    'tsconfig.json',
    'package-lock.json',
    ...inFolders.filter((path) => path.endsWith('.ts') && !path.includes('node_modules')).sort(),
  ];
}

function fingerprint(sources) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const path of sources) {
    const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return undefined;
  }
}

function run(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('The build failed (see above).', 1);
}
