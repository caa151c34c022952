/**
 * Random histories against the modes: one test for each. `MILLRACE_PROPERTY_RUNS` says how many histories,
 * `MILLRACE_PROPERTY_SEED` which; a failure prints the seed and the shrunk history, which is then kept in
 * `counterexamples.test.ts`.
 * @module
 */
import fc from 'fast-check';
import { test } from 'vitest';
import { histories } from './history.js';
import type { Modes } from './modes.js';
import type { Stage } from './play.js';

const RUNS = Number(process.env['MILLRACE_PROPERTY_RUNS'] ?? 4);
const SEED = process.env['MILLRACE_PROPERTY_SEED'];

export function testProperties(modes: Modes, stage: () => Stage): void {
  test.each(Object.entries(modes))('%s holds what it promises, whatever happens', { timeout: 3_600_000 }, async (_name, mode) => {
    await fc.assert(
      fc.asyncProperty(histories(mode), (steps) => stage().play(steps, mode)),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  });
}
