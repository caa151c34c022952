import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isMillraceError } from '../../platform/errors/error.js';
import { processStamp } from '../../platform/process/inspect.js';
import { lockHome } from './lock.js';

let folder: string;
let lockFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
  lockFile = join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a home is locked until it is released', () => {
  const lock = lockHome(lockFile);
  expect(() => lockHome(lockFile)).toThrow(`pid ${process.pid}`);
  lock.release();
  lockHome(lockFile).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('the refusal names pid, lock and what to do', () => {
  lockHome(lockFile);
  try {
    lockHome(lockFile);
    expect.unreachable();
  } catch (error) {
    expect(isMillraceError(error, 'setup.unavailable')).toBe(true);
    expect(isMillraceError(error) && error.suggestion).toContain('MILLRACE_HOME');
  }
});

test.each([
  ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, stamp: '1' })],
  ['a pid that another program has now', JSON.stringify({ pid: process.ppid, stamp: 'other' })],
  ['half a file', '{"pid": 1'],
  ['nothing', ''],
])('a lock of %s is taken over', (_, content) => {
  writeFileSync(lockFile, content);
  const lock = lockHome(lockFile);
  expect(() => lockHome(lockFile)).toThrow(`pid ${process.pid}`);
  lock.release();
  expect(existsSync(lockFile)).toBe(false);
});

test('a lock of another living process is respected', () => {
  writeFileSync(lockFile, JSON.stringify({ pid: process.ppid, stamp: processStamp(process.ppid) }));
  expect(() => lockHome(lockFile)).toThrow(`pid ${process.ppid}`);
});
