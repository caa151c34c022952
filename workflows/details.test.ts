import { describe, expect, test } from 'vitest';
import { packFeed } from '../checkpoint/state.js';
import { inParallel } from '../platform/collections/in-parallel.js';
import type { StreamRecord } from '../platform/db/store.js';
import { connectionDetails, runIntroduction, tickDetails } from './connection-details.js';
import { type ConnectionState, initialState } from './connection-state.js';
import { runDetails } from './details.js';
import type { SyncRequest } from './messages.js';
import { newRunId } from './run-id.js';
import { count, placeText, summary } from './steps-text.js';

const record: StreamRecord = {
  ...{ name: 'public.a|b', step: 'load', status: 'running', bytes: 1, slices: 1, error: null, notes: ['created x'] },
  rows: { extracted: 1_234_567, repeated: 0, filtered: 0, loaded: 81_920, rejected: 2, superseded: 0 },
  cursor: { kind: 'cursor', cursor: { type: 'int', field: 'id', value: '81920' } },
};

const BLOCKED = { code: 'load.blocked', message: 'a\nlock', suggestion: 'end it' };

test('a person sees stream, step, rows, cursor and error; what failed comes first', () => {
  const failed: StreamRecord = { ...record, name: 'public.bad', status: 'failed', error: BLOCKED, notes: [] };
  const text = runDetails({ phase: 'partial', streams: [record, failed], notes: [], error: BLOCKED });
  expect(text.split('\n')).toEqual([
    '**partial**: 1 of 2 streams failed, 163,840 rows loaded',
    '',
    '> **public.bad** failed in load: `load.blocked`  ',
    '> a lock  ',
    '> → end it',
    '',
    '| stream | step | extracted | loaded | rejected | cursor |',
    '|---|---|--:|--:|--:|---|',
    '| public.bad | failed in load | 1,234,567 | 81,920 | 2 | id 81920 |',
    '| public.a\\|b | load | 1,234,567 | 81,920 | 2 | id 81920 |',
    '',
    '- public.a|b: created x',
    '',
    '\u200b',
  ]);
});

test('a run that failed before its streams began says code, message and suggestion', () => {
  const text = runDetails({ phase: 'failed', streams: [], notes: [], error: BLOCKED });
  expect(text).toMatch(/^\*\*failed\*\*\n\n> `load\.blocked` {2}\n> a lock {2}\n> → end it\n/);
});

test('a run says how many of its streams have ended, also of those that wait', () => {
  const done: StreamRecord = { ...record, status: 'succeeded', step: 'finished' };
  const text = runDetails({ phase: 'running', streams: [record, done], notes: [], total: 9 });
  expect(text).toMatch(/^\*\*running\*\*: 1 of 9 streams ended, 163,840 rows loaded\n/);
  expect(text).toContain('| succeeded |');
});

test('what a database says is not taken for Markdown', () => {
  const message = 'cast(*) of `x` failed [1](http://a) <img src=x> \\d';
  const text = runDetails({ phase: 'failed', streams: [], notes: [], error: { code: 'x', message, suggestion: '' } });
  expect(text).toContain('> cast(\\*) of \\`x\\` failed \\[1\\](http://a) \\<img src=x> \\\\d\n');
});

test('thousands of streams, failures and notes stay short enough for an address, failures first', () => {
  const many = (error: StreamRecord['error'], name: string): StreamRecord[] =>
    Array.from({ length: 1_500 }, (_, index) => ({
      ...record,
      name: `public.${name}${'x'.repeat(60)}${index}`,
      ...(error ? { error, status: 'failed' as const } : {}),
      notes: ['n'.repeat(1_000)],
    }));
  const long = { code: 'x', message: 'm'.repeat(5_000), suggestion: 's' };
  const text = runDetails({ phase: 'running', streams: [...many(null, 'good'), ...many(long, 'bad')], notes: [] });
  expect(text.length).toBeLessThan(25_000);
  expect(text).toContain('1500 of 3000 streams failed');
  expect(text).toContain('… and 1490 more streams that failed');
  expect(text).toContain('… and 2950 more streams');
  expect(text).not.toContain('public.good');
});

const REQUEST: SyncRequest = { trigger: 'api', labels: { connection: 'shop', source: 'crm', destination: 'warehouse' } };

describe('a connection', () => {
  const state: ConnectionState = initialState({ workspaceId: 'wsp_1', connectionId: 'con_1' });
  const active = { runId: 'run_1', number: 7, workflowId: 'sync/con_1/7', trigger: 'api' } as const;

  test('says what it does, what waits, how the last run ended and where its streams stand', () => {
    const queued = { runId: 'run_2', number: 8, request: { ...REQUEST, streams: ['public.a'] }, replyTo: [] };
    const position = { kind: 'cursor', cursor: { type: 'int', field: 'id', value: '9' } } as const;
    const feeds = { 'public.a': packFeed({ lineage: 1, generation: 1, seq: 3, position }) };
    const text = connectionDetails({ ...state, queue: [queued], lastRun: { number: 6, status: 'partial' }, feeds }, active);
    expect(text.split('\n')).toEqual([
      '**running** #7, api: `sync/con_1/7`',
      '',
      '- last run: #6 partial',
      '- waiting: #8, api, public.a',
      '',
      '| stream | cursor |',
      '|---|---|',
      '| public.a | id 9 |',
      '',
      '\u200b',
    ]);
  });

  test('says that it waits, why it is paused, and why its schedule is', () => {
    expect(connectionDetails(state, null)).toMatch(/^\*\*waiting for a trigger\*\*\n\n- last run: none yet\n- waiting: none\n/);
    const stopped = connectionDetails({ ...state, paused: true, pauseNote: 'moving', tripped: 'x.y: broken' }, null);
    expect(stopped).toMatch(/^\*\*paused\*\*: moving\n\n\*\*the schedule waits\*\*: x\.y: broken\n/);
  });
});

test.each([
  [{}, 'all streams'],
  [{ streams: ['a', 'b'], refresh: ['b'] }, 'a, b, read anew: b'],
  [{ streams: Array.from({ length: 12 }, (_, index) => `s${index}`) }, 's0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 2 more'],
  [{ purpose: { kind: 'backfill', window: { from: '10' } } }, 'all streams, backfill from 10 to the end'],
  [{ purpose: { kind: 'retry', run: 7, source: true } }, 'all streams, goes on where run #7 ended'],
] as const)('a run introduces itself: %j is "%s"', (more, asked) => {
  const request: SyncRequest = { ...REQUEST, ...more };
  expect(runIntroduction('con_1', { runId: 'run_1', number: 1, request, replyTo: [] })).toBe(
    `- connection **shop** \`con_1\`\n- run \`run_1\`\n- asked for: ${asked}`,
  );
});

test('a scheduled time says which run it brought and why that failed, or why it brought none', () => {
  const workflowIdOf = (number: number): string => `sync/con_1/${number}`;
  const failed = { outcome: 'ended', number: 7, status: 'failed', code: 'load.blocked', message: 'a lock' } as const;
  expect(tickDetails(failed, workflowIdOf)).toContain('**failed**: run #7, `sync/con_1/7`\n\n> `load.blocked`  \n> a lock\n');
  expect(tickDetails({ outcome: 'refused', reason: 'run run_1 is active' }, workflowIdOf)).toContain('**refused**: run run_1');
});

test.each([
  ['load public.orders slice 7, 81,920 rows', 'load public.orders slice 7, 81,920 rows'],
  ['x'.repeat(200), 'x'.repeat(200)],
  ['x'.repeat(201), `${'x'.repeat(197)}…`],
  ['ü'.repeat(101), `${'ü'.repeat(98)}…`],
  ['→'.repeat(67), `${'→'.repeat(65)}…`],
  ['😀'.repeat(51), `${'😀'.repeat(49)}…`],
])('a summary keeps within 200 bytes: %s', (text, expected) => {
  expect(summary(text)).toBe(expected);
  expect(Buffer.byteLength(summary(text))).toBeLessThanOrEqual(200);
});

test.each([
  [{ kind: 'start' }, 'the start'],
  [{ kind: 'end' }, 'the end'],
  [{ kind: 'scan', scan: { by: ['a', 'b'], after: ['1', 'x'] } }, 'a, b > 1, x'],
  [{ kind: 'cursor', cursor: { type: 'int', field: 'id', value: null } }, 'id NULL'],
] as const)('%j reads as %s', (position, text) => {
  expect(placeText({ position })).toBe(text);
});

test('rows are grouped by thousands', () => {
  expect([0, 999, 1_000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
});

test('work runs side by side up to the limit, results keep their order', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([30, 10, 20, 5], 2, async (ms) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return ms;
  });
  expect(results).toEqual([30, 10, 20, 5]);
  expect(most).toBe(2);
});

test('run ids sort by time', () => {
  const [early, late] = [newRunId(1_700_000_000_000, crypto.randomUUID()), newRunId(1_700_000_000_001, crypto.randomUUID())];
  expect(early < late).toBe(true);
  expect(early).toMatch(/^run_[0-9a-z]{26}$/);
});

test('a connection says when its state has become large', () => {
  const state = initialState({ workspaceId: 'wsp_default', connectionId: 'con_1' });
  const place = packFeed({ lineage: 1, generation: 1, seq: 7, position: { kind: 'end' } });
  const many = (count: number): ConnectionState => ({
    ...state,
    feeds: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`${'schema_'.repeat(9)}.${'table_'.repeat(10)}${index}`, place]),
    ),
  });
  expect(connectionDetails(many(600), null)).not.toContain('large state');
  expect(connectionDetails(many(3_000), null)).toMatch(/\*\*large state\*\*: \d{3},\d{3} characters; .* above 1,000,000/);
});
