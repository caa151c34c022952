import type { ConformanceCheck } from '../check.js';
import type { SourceHarness } from '../harness.js';
import { infoChecks } from '../info-checks.js';
import type { CheckReport, ConformanceReport } from '../report.js';
import { Suite } from '../suite.js';
import { secretsCheck } from '../secrets-check.js';
import { behaviourChecks } from './behaviour-checks.js';
import { catalogChecks } from './catalog-checks.js';
import { distanceChecks } from './distance-checks.js';
import { readChecks } from './read-checks.js';
import { changesCheck, resumeChecks } from './resume-checks.js';
import { SourceSession } from './session.js';

/** In this order: what changes the system comes after all that compares with what was in it. */
export const sourceChecks: readonly ConformanceCheck<SourceSession>[] = [
  ...infoChecks,
  ...catalogChecks,
  ...readChecks,
  ...resumeChecks,
  ...distanceChecks,
  ...behaviourChecks,
  changesCheck,
  secretsCheck,
];

export const sourceSuite = (harness: () => Promise<SourceHarness>): Suite<SourceSession> =>
  new Suite(sourceChecks, async () => SourceSession.open(await harness()));

/**
 * Runs every check of a source against a real system. A check that fails stops no other, but those that build on it.
 *
 * @param told Called with each check as soon as it is done.
 * @example
 * const report = await testSource(harness);
 * if (!report.ok) console.error(formatReport(report));
 */
export async function testSource(
  harness: SourceHarness,
  told: (check: CheckReport) => void = () => undefined,
): Promise<ConformanceReport> {
  await using suite = sourceSuite(async () => harness);
  return await suite.report({ id: String(harness.definition?.id), kind: 'source' }, told);
}
