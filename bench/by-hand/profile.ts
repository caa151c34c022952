/**
 * `node dist/bench/by-hand/profile.js [scale] [folder]`: where the CPU time of full refreshes of lineitem goes. Writes
 * `profile-plain.svg` and `profile-transform.svg`, flame graphs, and prints the share of each part. Needs Linux's `perf`, as root.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Ends } from '../support/database.js';
import { Profile } from '../support/flame-graph.js';
import { refresher, settle } from '../support/full-refresh.js';
import { loadLineitem } from '../support/lineitem.js';
import { type BenchStack, startBenchStack } from '../support/stack.js';

/** Where `perf` looks for the names of functions that Node has compiled. */
const NAMES_FOLDER = '/tmp';
const SAMPLES_A_SECOND = '99';

const [scale = '1', folder = '.'] = process.argv.slice(2);
const namesBefore = await listNames();
try {
  await using stack = await startBenchStack({ NODE_OPTIONS: '--perf-basic-prof' });
  const ends = { source: await stack.database('profile_source'), destination: await stack.database('profile_destination') };
  await loadLineitem(ends.source, Number(scale));
  await profileRefresh(stack, ends, { name: 'plain' });
  await profileRefresh(stack, ends, { name: 'transform', sql: 'select * from input' });
} finally {
  const made = (await listNames()).filter((name) => !namesBefore.includes(name));
  await Promise.all(made.map((name) => rm(join(NAMES_FOLDER, name))));
}

async function profileRefresh(stack: BenchStack, ends: Ends, { name, sql }: { readonly name: string; readonly sql?: string }) {
  const { run } = await refresher(stack, ends, { name, from: 'lineitem', into: name, ...(sql ? { sql } : {}) });
  await run(); // the first run makes tables, and compiles
  await settle(ends.destination);
  const profile = await profileOf(run);
  await writeFile(join(folder, `profile-${name}.svg`), profile.svg());
  process.stdout.write(`${name}\n`);
  for (const [part, share] of profile.shares()) process.stdout.write(`${(share * 100).toFixed(1).padStart(5)} %  ${part}\n`);
}

/** Of the whole machine, while `work` lasts. */
async function profileOf(work: () => Promise<unknown>): Promise<Profile> {
  const temporary = await mkdtemp(join(tmpdir(), 'millrace-profile-'));
  const samples = join(temporary, 'perf.data');
  try {
    const recording = perf(['record', '--all-cpus', '-g', '-F', SAMPLES_A_SECOND, '-o', samples], ['ignore', 'ignore', 'ignore']);
    await once(recording, 'spawn');
    const recorded = once(recording, 'exit');
    await work();
    recording.kill('SIGINT');
    await recorded;
    return await readProfile(perf(['script', '-i', samples, '-F', 'comm,ip,sym,dso'], ['ignore', 'pipe', 'ignore']));
  } finally {
    await rm(temporary, { recursive: true });
  }
}

function perf(args: readonly string[], stdio: ('ignore' | 'pipe')[]): ChildProcess {
  return spawn('perf', args, { stdio });
}

async function readProfile(script: ChildProcess): Promise<Profile> {
  const profile = new Profile();
  if (script.stdout) for await (const line of createInterface({ input: script.stdout })) profile.line(line);
  profile.end();
  return profile;
}

async function listNames(): Promise<string[]> {
  return (await readdir(NAMES_FOLDER)).filter((name) => /^perf-\d+\.map$/.test(name));
}
