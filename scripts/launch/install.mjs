import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fail } from './fail.mjs';

const STAMP = 'node_modules/.millrace-lock';
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Installs exactly what package-lock.json names, once, and again when it changed. */
export function install() {
  const wanted = fingerprint();
  if (readOrUndefined(STAMP) === wanted) return;
  if (!installedByHand()) runNpmCi();
  writeFileSync(STAMP, wanted);
}

function fingerprint() {
  const system = `${process.platform} ${process.arch} ${process.versions.modules}`;
  return createHash('sha256').update(readFileSync('package-lock.json')).update(system).digest('hex');
}

/** Whether `npm install` or `npm ci` already brought every package in the locked version: its own record says so. */
function installedByHand() {
  const record = readOrUndefined('node_modules/.package-lock.json');
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  const locked = Object.entries(JSON.parse(readFileSync('package-lock.json', 'utf8')).packages);
  return locked.every(([path, { version, optional }]) => {
    if (path === '' || (optional && !installed[path])) return true;
    return installed[path]?.version === version;
  });
}

function runNpmCi() {
  console.error('Installing packages (about 1 minute, once) …');
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [program, ...first] = npm;
  const { status, error } = spawnSync(program, [...first, 'ci', ...QUIET], { stdio: ['ignore', 2, 2] });
  if (error?.code === 'ENOENT') fail('npm is not there. Install Node with npm: https://nodejs.org', 3);
  if (status !== 0) fail('The packages could not be installed (see above). Is the npm registry within reach?', 3);
}

function readOrUndefined(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
