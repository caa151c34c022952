import { afterAll, describe, expect, test, vi } from 'vitest';
import { sourceSuite } from '../../connectors/sdk/testing/source/suite.js';
import { BROKEN } from './support/broken-sources.js';
import { closeLeaks, harnessOf, TOKEN } from './support/shop.js';
import {
  type ConformanceReport,
  describeSource,
  formatReport,
  sourceChecks,
  testSource,
} from '../../connectors/sdk/testing/index.js';

vi.setConfig({ testTimeout: 60_000 });
afterAll(closeLeaks);

const statusOf = (report: ConformanceReport): Record<string, string> =>
  Object.fromEntries(report.checks.map(({ name, status }) => [name, status]));

test('a source that does what it must passes every check, and none is skipped', async () => {
  const told: string[] = [];
  const report = await testSource(harnessOf(), ({ name }) => void told.push(name));
  expect(Object.values(statusOf(report)), formatReport(report)).toEqual(sourceChecks.map(() => 'pass'));
  expect(report).toMatchObject({ ok: true, connector: { id: 'shop', kind: 'source' } });
  expect(told).toEqual(sourceChecks.map(({ name }) => name));
});

const cases = Object.entries(BROKEN).flatMap(([check, breaks]) => breaks.map(([what, broken]) => ({ check, what, broken })));

describe('a source that', () => {
  test.each(cases)('$what fails $check', async ({ check: name, broken }) => {
    await using suite = sourceSuite(async () => harnessOf(broken));
    const check = sourceChecks.find((candidate) => candidate.name === name);
    if (name === 'secrets') await suite.report({ id: 'shop', kind: 'source' }, () => undefined);
    const report = check && (await suite.run(check));
    expect(report).toMatchObject({ name, status: 'fail', detail: expect.stringMatching(/\S/), fix: expect.stringMatching(/\S/) });
    expect(report?.detail).not.toContain(TOKEN);
  });
});

test('every check can fail', () => {
  expect(Object.keys(BROKEN).toSorted()).toEqual(sourceChecks.map(({ name }) => name).toSorted());
});

test('what hangs is ended, told, and what needs it is skipped', async () => {
  const hangs = harnessOf(() => ({ check: () => new Promise(() => undefined) }));
  const report = await testSource({ ...hangs, limits: { checkMs: 200 } });
  expect(statusOf(report)).toMatchObject({ check: 'fail', 'wrong-credentials': 'skip' });
  expect(formatReport(report)).toMatch(/✗ check +It did not end within 200 ms\.\n +→ /);
});

test('without expectations reads are compared with each other, and no row is shown', async () => {
  const { streams: _, ...harness } = harnessOf();
  const report = await testSource({ ...harness, limits: { maxSlices: 2 } });
  expect(statusOf(report)).toMatchObject({ 'full-read': 'pass', resume: 'pass', changes: 'skip' });
  expect(report.ok, formatReport(report)).toBe(true);
  expect(formatReport(report)).not.toContain('Grace');
});

describeSource('described as tests of this runner', async () => harnessOf(), { afterAll, describe, test });
