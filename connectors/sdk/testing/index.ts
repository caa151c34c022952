/**
 * What a connector is: the checks that it must pass, run against a real system. Independent of any test runner.
 * @module
 */
export { describeDestination, describeSource, type DescribeOptions, type SkipContext, type TestRunner } from './describe.js';
export { destinationChecks, testDestination } from './destination/suite.js';
export type { DestinationHarness, ExpectedRow, HarnessLimits, SourceHarness, StreamCase } from './harness.js';
export { type CheckReport, type ConformanceReport, formatReport } from './report.js';
export { sourceChecks, testSource } from './source/suite.js';
export type { ConformanceCheck } from './check.js';
