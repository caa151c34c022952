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
  if (!installedByHand()) installPackages();
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

function installPackages() {
  console.error('Installing packages (about 1 minute, once) …');
  const strict = npm('ci');
  if (strict.status === 0) return;
  // the lockfile does not fit package.json, or lacks packages of other platforms: versions in it still count
  const lenient = /EUSAGE/.test(strict.stderr) ? npm('install', '--no-save') : strict;
  if (lenient.status === 0) return;
  console.error(lenient.stderr.trim());
  fail('The packages could not be installed (see above). Is the npm registry within reach?', 3);
}

function npm(...args) {
  const own = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [program, ...first] = own;
  const { status, stderr, error } = spawnSync(program, [...first, ...args, ...QUIET], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (error?.code === 'ENOENT') fail('npm is not there. Install Node with npm: https://nodejs.org', 3);
  return { status, stderr };
}

function readOrUndefined(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
