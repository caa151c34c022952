import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOrphans } from '../../platform/process/orphans.js';
import { listProcesses } from '../../platform/process/inspect.js';

export interface RunFolder {
  readonly path: string;
  /** Removes the folder and ends what still runs over it. @returns a list of both for people; empty when there was nothing */
  close(): Promise<string>;
}

/**
 * The temporary folder of one test run: tests and their child processes find it as TMPDIR, so whatever is in it or names
 * it at the end was left behind by a test.
 */
export function openRunFolder(): RunFolder {
  const path = mkdtempSync(join(tmpdir(), 'millrace-test-run-'));
  process.env['TMPDIR'] = path;
  const close = async (): Promise<string> => {
    const files = readdirSync(path);
    const processes = listProcesses().filter(({ command }) => command.includes(path));
    const pids = processes.map(({ pid }) => pid);
    await endOrphans(pids, ['SIGTERM']);
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    const left = [...files, ...processes.map(({ pid, command }) => `process ${pid}: ${command.slice(0, 120)}`)];
    return left.length === 0 ? '' : `tests left behind:\n  ${left.join('\n  ')}`;
  };
  return { path, close };
}
