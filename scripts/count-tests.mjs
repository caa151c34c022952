/**
 * Turns vitest's JSON report into the last line of a CI run, and into its exit code. Arguments: report, exit code of the
 * test run, number of other checks that failed. No tests, a skipped test or a run that broke off count as failures.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function countTests(report, runExitCode, failedChecks) {
  const tests = (report?.testResults ?? []).flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === 'passed').length;
  const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.status));
  const failed = tests.filter((test) => test.status === 'failed').length + brokenFiles(report);
  const complaints = [
    ...(tests.length === 0 ? ['no test ran'] : []),
    ...skipped.map((test) => `skipped: ${test.fullName}`),
    ...(failedChecks > 0 ? [`${failedChecks} other checks failed`] : []),
    ...(runExitCode !== 0 && failed === 0 ? [`the test run ended with exit code ${runExitCode}`] : []),
  ];
  return { passed, failed: failed + complaints.length, complaints };
}

/** Files that failed without a failed test: an import or a hook that broke. */
function brokenFiles(report) {
  const isBroken = (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed');
  return (report?.testResults ?? []).filter(isBroken).length;
}

function main([path, runExitCode, failedChecks]) {
  const { passed, failed, complaints } = countTests(readReport(path), Number(runExitCode), Number(failedChecks));
  for (const complaint of complaints) console.error(`✗ ${complaint}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
