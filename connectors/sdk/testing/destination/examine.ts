import type { ConformanceCheck } from '../check.js';
import type { DestinationHarness } from '../harness.js';
import { type InfoSession, infoChecks } from '../info-checks.js';
import type { CheckReport, ConformanceReport } from '../report.js';
import { secretsCheck } from '../secrets-check.js';
import { Suite } from '../suite.js';
import { DestinationSession } from './session.js';
import { destinationChecks } from './suite.js';

/** What is known of a destination that is in use. */
export type LiveDestination = Pick<DestinationHarness, 'definition' | 'goodConfig' | 'badConfig' | 'limits'>;

const LOOKING: readonly ConformanceCheck<InfoSession & DestinationSession>[] = [...infoChecks, secretsCheck];

/** Makes the checks that write no table, and says how many others there are. */
export async function examineDestination(live: LiveDestination): Promise<ConformanceReport> {
  const harness: DestinationHarness = { ...live, schema: '', modes: [], rowsOf: async () => [] };
  await using suite = new Suite(LOOKING, () => DestinationSession.open(harness));
  const { connector, ok, checks } = await suite.report({ id: String(live.definition?.id), kind: 'destination' }, () => undefined);
  return { connector, ok, checks: [...checks, notMade()] };
}

function notMade(): CheckReport {
  return {
    name: 'loads',
    title: 'what is loaded arrives',
    status: 'skip',
    detail: `${destinationChecks.length - LOOKING.length} checks write tables, and are not made against a system in use.`,
    fix: 'Run the tests of its package: describeDestination of millrace/sdk/testing makes them.',
  };
}
