import { expect, test } from 'vitest';
import { servers } from '../support/servers.js';
import { tempHome } from '../support/temp-home.js';
import { runChaos } from './chaos.js';
import { SHORT_DECK, planFaults } from './plan.js';
import { type ChaosReport, passed, printReport } from './report.js';
import { CONNECTIONS } from './tables.js';

/** The short form of `npm run chaos`: every kind of fault but the frozen worker once, over servers of its own. */

const SEED = 20_261_121;
const WORKERS = 2;
const FAULTS = 12;

async function runShort(signal: AbortSignal): Promise<{ report: ChaosReport; log: string }> {
  await using folder = await tempHome('chaos');
  const plan = planFaults({
    seed: SEED,
    workers: WORKERS,
    connections: CONNECTIONS.length,
    deck: SHORT_DECK,
    longestGapMs: 3_000,
    faults: FAULTS,
  });
  const lines: string[] = [];
  const report = await runChaos({
    ...{ seed: SEED, plan, workers: WORKERS, longestHoldMs: 1_500 },
    ...{ folder: folder.path, keep: false, temporalBinary: servers().temporalBinary, signal },
    say: (line) => lines.push(line),
  });
  return { report, log: `${lines.join('\n')}\n${printReport(report)}` };
}

test('I1, I2, I4, I5, I9, I10, I11: faults of every kind at random, and every destination equals its source', async ({
  signal,
}) => {
  const { report, log } = await runShort(signal);
  expect(report, log).toMatchObject({ lost: 0, duplicated: 0, wrong: 0, tornReads: 0, lostRequests: 0, doubledKeys: 0 });
  expect(passed(report), log).toBe(true);
  expect(report.faults).toMatchObject({ kill_worker: 1, kill_temporal: 1, end_sessions: 1, cut: 1, cancel: 1 });
  expect(report.tables.every(({ rows }) => rows > 0)).toBe(true);
  expect(report.reads).toBeGreaterThan(10);
}, 300_000);
