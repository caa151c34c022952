import type { ConformanceCheck } from './check.js';
import { destinationChecks, destinationSuite } from './destination/suite.js';
import { sourceChecks, sourceSuite } from './source/suite.js';
import type { Suite, SuiteSession } from './suite.js';
import { DEFAULT_LIMITS, type DestinationHarness, type SourceHarness } from './harness.js';

/** What a test may say of itself while it runs. */
export interface SkipContext {
  skip(reason?: string): unknown;
}

/** The functions of a test runner; those of vitest and of `node:test` fit. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  test(name: string, options: { readonly timeout: number }, body: (context: SkipContext) => Promise<void>): unknown;
  /** `after` of `node:test`. */
  afterAll(body: () => Promise<void>): unknown;
}

export interface DescribeOptions {
  /** Why a check says nothing of this system, by the name of the check. Its test then holds that the check is indeed skipped. */
  readonly notApplicable?: Readonly<Record<string, string>>;
}

/** A test's own limit lies above that of the check, which says more. */
const GRACE_MS = 30_000;

/**
 * One test per check of the suite, with the check's sentence as its name.
 *
 * @param harness The harness, or a function that makes it, called once before the first check.
 * @example
 * import { afterAll, describe, test } from 'vitest';
 * describeSource('shop', harness, { afterAll, describe, test });
 * @example
 * import { after, describe, test } from 'node:test';
 * describeSource('shop', harness, { afterAll: after, describe, test });
 */
export function describeSource(
  name: string,
  harness: SourceHarness | (() => Promise<SourceHarness>),
  runner: TestRunner,
  { notApplicable }: DescribeOptions = {},
): void {
  const suite = sourceSuite(typeof harness === 'function' ? harness : async () => harness);
  const timeout = typeof harness === 'function' ? undefined : harness.limits?.checkMs;
  describeChecks(`source ${name}`, { suite, checks: sourceChecks, timeout, notApplicable }, runner);
}

/** The same for a destination; see {@link describeSource}. */
export function describeDestination(
  name: string,
  harness: DestinationHarness | (() => Promise<DestinationHarness>),
  runner: TestRunner,
  { notApplicable }: DescribeOptions = {},
): void {
  const suite = destinationSuite(typeof harness === 'function' ? harness : async () => harness);
  const timeout = typeof harness === 'function' ? undefined : harness.limits?.checkMs;
  describeChecks(`destination ${name}`, { suite, checks: destinationChecks, timeout, notApplicable }, runner);
}

interface Described<Session extends SuiteSession> {
  readonly suite: Suite<Session>;
  readonly checks: readonly ConformanceCheck<Session>[];
  readonly timeout: number | undefined;
  readonly notApplicable?: DescribeOptions['notApplicable'] | undefined;
}

export function describeChecks<Session extends SuiteSession>(
  name: string,
  { suite, checks, timeout = DEFAULT_LIMITS.checkMs, notApplicable = {} }: Described<Session>,
  { afterAll, describe, test }: TestRunner,
): void {
  describe(name, () => {
    afterAll(() => suite[Symbol.asyncDispose]());
    for (const check of checks) {
      const why = notApplicable[check.name];
      const title = why === undefined ? `${check.name}: ${check.title}` : `${check.name} does not apply: ${why}`;
      test(title, { timeout: timeout + GRACE_MS }, async (context) => {
        const { status, detail, fix } = await suite.run(check);
        if (status === 'fail') throw new Error(`${detail}\n→ ${fix ?? ''}`);
        if (why !== undefined && status === 'pass') throw new Error(`${check.name} applies: it was checked and holds.`);
        if (why === undefined && status === 'skip') context.skip(detail);
      });
    }
  });
}
