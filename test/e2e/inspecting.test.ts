import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { idle } from './support/idle.js';
import { type TestTemporal, openTemporal } from './support/temporal.js';

/** What people look for in the Temporal Web UI: the filters and screens of docs/inspecting-runs.md. */

let millrace: Millrace;
let temporal: TestTemporal;
let orders: string;
let absent: string;

beforeAll(async () => {
  [millrace, temporal] = await Promise.all([startMillrace({ sliceBytes: 100_000 }), openTemporal()]);
  await millrace.source.query(
    `create table orders (id int primary key, note text); insert into orders select i, repeat('n', 40) || i from generate_series(1, 9000) i`,
  );
  orders = await millrace.connect([{ name: 'public.orders', mode: 'incremental_append', cursorField: 'id' }]);
  absent = await millrace.connect([{ name: 'public.absent', mode: 'full_refresh_overwrite' }]);
  await millrace.sync(orders, { trigger: 'manual' });
  await millrace.sync(orders);
  await millrace.call('PATCH', `/v1/connections/${orders}`, { schedule: { type: 'interval', every: '1s' } });
  await waitFor(() => found(`MillraceConnection = "${orders}" AND MillraceTrigger = "schedule"`), { what: 'a scheduled run' });
  await millrace.call('PATCH', `/v1/connections/${orders}`, { schedule: { type: 'manual' } });
  await idle(millrace, orders);
  await millrace.sync(absent);
});
afterAll(async () => {
  await temporal[Symbol.asyncDispose]();
  await millrace[Symbol.asyncDispose]();
});

/** What the Web UI asks for to show the current details. */
interface Metadata {
  readonly currentDetails: string;
}

/** Ids of the workflows that match, oldest first; undefined when there are none (yet). */
async function found(query: string): Promise<readonly string[] | undefined> {
  const started: { readonly id: string; readonly at: Date }[] = [];
  for await (const { workflowId, startTime } of temporal.client.workflow.list({ query }))
    started.push({ id: workflowId, at: startTime });
  const ids = started.toSorted((a, b) => a.at.getTime() - b.at.getTime()).map(({ id }) => id);
  return ids.length > 0 ? ids : undefined;
}

const sync = (connectionId: string, number: number): string => `sync/${connectionId}/${number}`;
const handle = (workflowId: string): WorkflowHandle => temporal.client.workflow.getHandle(workflowId);

test('runs are found by connection, outcome and trigger', async () => {
  const filters: readonly (readonly [query: string, ids: readonly string[]])[] = [
    [`MillraceConnection = "${orders}" AND MillraceTrigger = "manual"`, [sync(orders, 1)]],
    [`MillraceConnection = "${orders}" AND MillraceTrigger = "api"`, [sync(orders, 2)]],
    [`MillraceConnection = "${absent}" AND MillraceOutcome = "failed"`, [sync(absent, 1)]],
    [`MillraceConnection = "${orders}" AND MillraceRows > 0`, [sync(orders, 1)]],
    [`WorkflowType = "connection" AND MillraceConnection = "${orders}"`, [`connection/${orders}`]],
  ];
  for (const [query, ids] of filters)
    expect(await waitFor(() => found(query), { what: `something is found by ${query}` }), query).toEqual(ids);
  const scheduled = `MillraceConnection = "${orders}" AND MillraceTrigger = "schedule" AND MillraceOutcome = "succeeded"`;
  await waitFor(async () => (await found(scheduled))?.includes(sync(orders, 3)), { what: 'the scheduled run is found' });
  const ticks = await found(`WorkflowType = "tick" AND MillraceConnection = "${orders}"`);
  expect(ticks?.every((id) => id.startsWith(`tick/${orders}-`))).toBe(true);
  expect(await found(`MillraceConnection = "${orders}" AND MillraceOutcome = "failed"`)).toBeUndefined();
});

test('every step of a run has a line of its own in the history', async () => {
  const { events } = await handle(sync(orders, 1)).fetchHistory();
  const lines = (events ?? [])
    .filter((event) => event.activityTaskScheduledEventAttributes)
    .map((event) => defaultPayloadConverter.fromPayload<string>(event.userMetadata!.summary!));
  expect(lines[0]).toMatch(/^prepare #1 src-\w+ → dst-\w+$/);
  expect(lines).toContain('extract public.orders slice 1, from the start');
  expect(lines.at(-1)).toMatch(/^finish, succeeded #1 /);
  const rows = lines
    .map((line) => /^load public\.orders slice (\d+), ([\d,]+) rows$/.exec(line))
    .filter((match) => match !== null);
  expect(rows.length).toBeGreaterThan(1);
  expect(rows.map(([, slice]) => Number(slice))).toEqual(rows.map((_, index) => index + 1));
  expect(rows.reduce((sum, [, , loaded]) => sum + Number(loaded!.replaceAll(',', '')), 0)).toBe(9_000);
});

test('a failed run says code, message and suggestion, and why it ran, on its first screens', async () => {
  const run = handle(sync(absent, 1));
  const described = await run.describe();
  const [staticSummary, staticDetails] = await Promise.all([described.staticSummary(), described.staticDetails()]);
  expect(staticSummary).toMatch(/^Sync #1 src-\w+ → dst-\w+, api$/);
  expect(staticDetails).toMatch(
    new RegExp(`^- connection \\*\\*con-\\w+\\*\\* \`${absent}\`\\n- run \`run_\\w+\`\\n- asked for: all streams$`),
  );
  const { currentDetails } = await run.query<Metadata>('__temporal_workflow_metadata');
  expect(currentDetails).toContain('**failed**: 1 of 1 streams failed');
  expect(currentDetails).toContain('> **public.absent** failed: `source.stream_missing`');
  expect(currentDetails).toMatch(/> The source has no stream public\.absent .*\n> → Discover the source again/);
  expect(described.status.name).toBe('FAILED');
  const failure = await run.result().catch((error: WorkflowFailedError) => error.cause);
  expect(failure).toMatchObject({
    type: 'source.stream_missing',
    message: expect.stringMatching(/^The source has no stream public\.absent .* → Discover the source again/),
  });
});

test('a connection shows its last run and where its streams stand', async () => {
  const { currentDetails } = await handle(`connection/${orders}`).query<Metadata>('__temporal_workflow_metadata');
  expect(currentDetails).toMatch(/^\*\*waiting for a trigger\*\*\n\n- last run: #\d+ succeeded\n- waiting: none\n/);
  expect(currentDetails).toContain('| public.orders | id 9000 |');
});

test('a scheduled time whose run failed says code and message, and nothing of the machine', async () => {
  await millrace.call('PATCH', `/v1/connections/${absent}`, { schedule: { type: 'interval', every: '1s' } });
  const query = `WorkflowType = "tick" AND ExecutionStatus = "Failed" AND MillraceConnection = "${absent}"`;
  const [tick] = await waitFor(() => found(query), { what: 'a scheduled time has failed' });
  await millrace.call('PATCH', `/v1/connections/${absent}`, { schedule: { type: 'manual' } });
  const { events } = await handle(tick!).fetchHistory();
  const { failure } = events!.at(-1)!.workflowExecutionFailedEventAttributes!;
  expect(failure).toMatchObject({ applicationFailureInfo: { type: 'source.stream_missing' }, stackTrace: '' });
  expect(failure?.message).toContain('The source has no stream public.absent');
  const { currentDetails } = await handle(tick!).query<Metadata>('__temporal_workflow_metadata');
  expect(currentDetails).toMatch(
    new RegExp(`^\\*\\*failed\\*\\*: run #\\d+, \`sync/${absent}/\\d+\`\n\n> \`source.stream_missing\``),
  );
});
