import { readFile, readdir } from 'node:fs/promises';

import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, expect, test } from 'vitest';
import { dataConverter } from '../../platform/temporal/payload-codec.js';
import { BUNDLE_PATH } from '../../worker/bundle-path.js';

/**
 * Runs that were recorded once must replay for ever: workflows that are open while Millrace is upgraded go on by today's
 * code. Where a change needs to break that, it takes a patch marker, or new recordings: `scripts/record-histories.mjs`.
 */

const FOLDER = new URL('.', import.meta.url);
const RECORDED = [
  'check',
  'connection',
  'connection-remembered',
  'connection-tripped',
  'discover',
  'sync-backfill',
  'sync-cancelled',
  'sync-continuation',
  'sync-continued',
  'sync-failed',
  'sync-many-slices',
  'sync-nothing-new',
  'sync-partial',
  'sync-refresh',
  'sync-together',
  'sync-transform',
  'sync-verified',
  'tick-ended',
  'tick-refused',
  'verify',
];
const OPTIONS = { workflowBundle: { codePath: BUNDLE_PATH }, dataConverter };

interface Recording {
  readonly events: readonly RecordedEvent[];
}

interface RecordedEvent {
  readonly eventType: string;
  readonly activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

const textOf = (name: string): Promise<string> => readFile(new URL(`${name}.json`, FOLDER), 'utf8');
const recording = async (name: string): Promise<Recording> => JSON.parse(await textOf(name)) as Recording;

beforeAll(() => {
  const logger = new DefaultLogger('ERROR', () => undefined); // some tests make it complain on purpose
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
});

test('every recording is known here', async () => {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
  expect(files.toSorted()).toEqual(RECORDED.map((name) => `${name}.json`).toSorted());
});

test.each(RECORDED)('%s replays', async (name) => {
  await Worker.runReplayHistory(OPTIONS, await recording(name));
});

test.each([
  ['another step first', 'sync-many-slices', 'prepare', 'discover'],
  ['another step in the middle', 'sync-transform', 'transform', 'load'],
  ['another last step', 'sync-cancelled', 'finish', 'confirm'],
])('a workflow that did %s is caught', async (_, name, from, to) => {
  const { events } = await recording(name);
  const changed = events.map((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    return scheduled?.activityType.name === from
      ? { ...event, activityTaskScheduledEventAttributes: { ...scheduled, activityType: { name: to } } }
      : event;
  });
  expect(changed).not.toEqual(events);
  await expect(Worker.runReplayHistory(OPTIONS, { events: changed })).rejects.toThrow(DeterminismViolationError);
});

test('recordings say nothing of the machine they were made on', async () => {
  for (const name of RECORDED) {
    const clear = JSON.stringify(await recording(name), (key, value: unknown) =>
      key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
    );
    expect(clear, name).not.toMatch(/postgres(ql)?:\/\/|password|\/(tmp|home|root|work|Users)\/|@vm|\d+@\w+-/);
  }
});
