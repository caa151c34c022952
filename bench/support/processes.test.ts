import { expect, test } from 'vitest';
import { parseStat, roleOfChild, usageNow } from './processes.js';

test('a stat line is read by its last parenthesis, in seconds and bytes', () => {
  const fields = ['S', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 150, 50, 25, 75, 20, 0, 1, 0, 99, 1_000_000, 3, 1];
  const stat = parseStat(`42 (tmux: (server) x) ${fields.join(' ')}`);
  expect(stat).toEqual({ name: 'tmux: (server) x', ownSeconds: 2, endedSeconds: 1, bytes: 3 * 4_096 });
});

test('children of Millrace are told apart by their names, and everything below a server is the server', () => {
  expect(roleOfChild('millrace', 'postgres')).toBe('postgres');
  expect(roleOfChild('millrace', 'temporal')).toBe('temporal');
  expect(roleOfChild('millrace', 'node')).toBe('duckdb');
  expect(roleOfChild('postgres', 'node')).toBe('postgres');
  expect(roleOfChild('hand', 'postgres')).toBe('hand');
});

test('a process is seen with what it has used; where there is no /proc it is nothing', () => {
  const { cpuSeconds, bytes } = usageNow(process.pid);
  const seen = process.platform === 'linux';
  expect([cpuSeconds.millrace > 0, bytes.millrace > 1_000_000]).toEqual([seen, seen]);
});

test('a process that is gone counts nothing', () => {
  expect(usageNow(2 ** 30).bytes.millrace).toBe(0);
});
