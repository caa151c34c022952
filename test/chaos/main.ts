/**
 * `npm run chaos`: breaks a running Millrace in every way that follows from a seed, and compares what arrived.
 * @module
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { findTemporal } from '../../platform/temporal/find.js';
import { runChaos } from './chaos.js';
import { LONG_DECK, planFaults } from './plan.js';
import { passed, printReport } from './report.js';
import { CONNECTIONS } from './tables.js';

const WORKERS = 3;
const LONGEST_GAP_MS = 4_000;
const LONGEST_HOLD_MS = 6_000;
const DEFAULT_FAULTS = 200;

interface Options {
  readonly seed: number;
  readonly faults?: number;
  readonly minutes?: number;
  readonly json: boolean;
  readonly keep: boolean;
}

const options = new Command('chaos')
  .description('Runs connections over a changing source, injects faults, and compares every destination with its source.')
  .option('--seed <n>', 'plan of a run that is to be repeated', wholeNumber, randomInt(2 ** 31))
  .option('--faults <n>', `how many faults; ${DEFAULT_FAULTS} when neither this nor --minutes is given`, wholeNumber)
  .option('--minutes <m>', 'for how long faults are injected', Number)
  .option('--json', 'the figures as one JSON object on stdout', false)
  .option('--keep', 'leave the folder with logs, databases and staged files', false)
  .parse()
  .opts<Options>();

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort(signal));

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), 'millrace-chaos-'));
const { seed, faults, minutes, json, keep } = options;
const plan = planFaults({
  seed,
  workers: WORKERS,
  connections: CONNECTIONS.length,
  deck: LONG_DECK,
  longestGapMs: LONGEST_GAP_MS,
  faults: faults ?? (minutes === undefined ? DEFAULT_FAULTS : Infinity),
  ...(minutes !== undefined && { lastsMs: minutes * 60_000 }),
});
say(`seed ${seed}${keep ? `, folder ${folder}` : ''}`);
try {
  const temporalBinary = await findTemporal({ env: process.env, say });
  const report = await runChaos({
    seed,
    plan,
    workers: WORKERS,
    folder,
    keep,
    temporalBinary,
    longestHoldMs: LONGEST_HOLD_MS,
    say,
    signal: interruption.signal,
  });
  process.stdout.write(json ? `${JSON.stringify(report, null, 1)}\n` : printReport(report));
  if (keep) writeFileSync(join(folder, 'report.json'), JSON.stringify({ plan, report }, null, 1));
  process.exitCode = passed(report) ? 0 : 1;
} finally {
  if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  if (interruption.signal.aborted) process.exit(130); // writers and requests are still on their way
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${text} is not a whole number`);
  return value;
}
