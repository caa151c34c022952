import { expect, test } from 'vitest';
import { countTests } from './count-tests.mjs';

const report = (...statuses) => ({
  testResults: [{ status: 'passed', assertionResults: statuses.map((status) => ({ status, fullName: `a ${status} test` })) }],
});

test('what ran is counted', () => {
  expect(countTests(report('passed', 'passed'), 0, 0)).toMatchObject({ passed: 2, failed: 0 });
  expect(countTests(report('passed', 'failed'), 1, 0)).toMatchObject({ passed: 1, failed: 1 });
});

test.each([
  ['no report', undefined, 0, 0],
  ['no tests', report(), 0, 0],
  ['a skipped test', report('passed', 'skipped'), 0, 0],
  ['a todo', report('passed', 'todo'), 0, 0],
  ['a run that broke off', report('passed'), 1, 0],
  ['another check that failed', report('passed'), 0, 1],
  ['a file that could not be loaded', { testResults: [{ status: 'failed', assertionResults: [] }] }, 1, 0],
])('%s is a failure', (_, results, exitCode, failedChecks) => {
  expect(countTests(results, exitCode, failedChecks).failed).toBeGreaterThan(0);
});
