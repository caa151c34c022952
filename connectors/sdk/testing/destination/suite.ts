import type { ConformanceCheck } from '../check.js';
import type { DestinationHarness } from '../harness.js';
import { infoChecks } from '../info-checks.js';
import type { CheckReport, ConformanceReport } from '../report.js';
import { secretsCheck } from '../secrets-check.js';
import { Suite } from '../suite.js';
import { modeChecks } from './mode-checks.js';
import { fenceCheck, promiseChecks } from './promise-checks.js';
import { rejectChecks } from './reject-checks.js';
import { DestinationSession } from './session.js';
import { shapeChecks } from './shape-checks.js';

export const destinationChecks: readonly ConformanceCheck<DestinationSession>[] = [
  ...infoChecks,
  fenceCheck,
  ...modeChecks,
  ...promiseChecks,
  ...shapeChecks,
  ...rejectChecks,
  secretsCheck,
];

export const destinationSuite = (harness: () => Promise<DestinationHarness>): Suite<DestinationSession> =>
  new Suite(destinationChecks, async () => DestinationSession.open(await harness()));

/**
 * Runs every check of a destination against a real system, in tables of its own that it leaves behind.
 *
 * @param told Called with each check as soon as it is done.
 */
export async function testDestination(
  harness: DestinationHarness,
  told: (check: CheckReport) => void = () => undefined,
): Promise<ConformanceReport> {
  await using suite = destinationSuite(async () => harness);
  return await suite.report({ id: String(harness.definition?.id), kind: 'destination' }, told);
}
