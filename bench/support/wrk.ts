/**
 * `wrk`, which asks one address as often as it is answered.
 * @module
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CONNECTIONS = 16;

/** Prints what wrk has counted as JSON; times of wrk are microseconds. */
const REPORT = `done = function(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests":%d,"us":%d,"p50":%d,"p99":%d,"failed":%d}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
`;

export interface Asked {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Whether it is installed. */
export function hasWrk(): boolean {
  return spawnSync('wrk', ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Sixteen clients of one thread ask for so many seconds. @throws Error when one answer is no 2xx */
export async function askFor(url: string, seconds: number, authorization = 'none'): Promise<Asked> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-wrk-'));
  try {
    const script = join(folder, 'report.lua');
    await writeFile(script, REPORT);
    const load = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`, '-s', script];
    const { stdout } = await run('wrk', [...load, '-H', `Authorization: ${authorization}`, url]);
    return counted(url, stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function counted(url: string, output: string): Asked {
  const { requests, us, p50, p99, failed } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  if (failed !== 0) throw new Error(`${url}: ${failed} of ${requests} requests failed\n${output}`);
  return { perSecond: (requests! * 1e6) / us!, p50Ms: p50! / 1_000, p99Ms: p99! / 1_000 };
}
