import { describe, expect, test } from 'vitest';
import type { Connection, ConnectionState, Run, RunStream } from '../../client/index.js';
import { planOf } from '../commands/sync.js';
import { COLOURED, PLAIN, styleFor } from '../output/style.js';
import { frameOf, size } from './frame.js';
import { remarksOf, streamTable } from './summary.js';
import { lineProgress, progressFor } from './watch.js';

const START = Date.parse('2026-01-31T17:00:00.000Z');

function stream(name: string, step: RunStream['step'], more: Partial<RunStream> = {}): RunStream {
  const rows = { extracted: 1_234_567, repeated: 0, filtered: 0, loaded: 1_200_000, rejected: 0, superseded: 0 };
  const status = step === 'finished' ? 'succeeded' : 'running';
  return {
    name,
    step,
    status,
    rows,
    bytes: 98_765_432,
    slices: 3,
    cursor: null,
    error: null,
    notes: [],
    verification: null,
    ...more,
  };
}

const refused = { code: 'load.bad_value', message: 'amount is too large.', suggestion: 'Change the type.' };

const STREAMS = [
  stream('public.customers', 'finished', { cursor: { kind: 'cursor', cursor: { type: 'int', field: 'id', value: '500' } } }),
  stream('public.orders', 'load'),
  stream('public.order_lines_with_a_very_long_name', 'extract'),
  stream('public.events', 'checkpoint', { rows: { ...stream('x', 'load').rows, rejected: 17 } }),
  stream('public.payments', 'finished', { status: 'failed', error: refused }),
  stream('public.visits', 'waiting', { status: 'queued', bytes: 0 }),
];

const RUN = {
  id: 'run_1',
  number: 42,
  status: 'running',
  startedAt: '2026-01-31T17:00:00.000Z',
  endedAt: null,
  error: null,
  streams: STREAMS,
} as unknown as Run;

const golden = (name: string): string => `../../test/golden/cli/${name}.txt`;
const at = (width: number) => ({ width, style: PLAIN, nowMs: START + 65_400 });

describe.each([80, 120])('at %i columns', (width) => {
  test('the frame of a run is the committed one, and no line is longer', async () => {
    const lines = frameOf(RUN, at(width));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(golden(`frame-${width}`));
  });

  test('more than eight streams are summed up, those that move first', async () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      stream(`public.t${index}`, index % 10 === 9 ? 'transform' : 'finished'),
    );
    const lines = frameOf({ ...RUN, streams: many }, at(width));
    expect(lines).toHaveLength(10);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(golden(`frame-many-${width}`));
  });

  test('the table of streams and the plan are the committed ones', async () => {
    const table = streamTable(STREAMS, { width });
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    await expect(`${table}\n`).toMatchFileSnapshot(golden(`streams-${width}`));
    await expect(`${planOf(CONNECTION, STATE, {}, width)}\n`).toMatchFileSnapshot(golden(`plan-${width}`));
  });
});

const CONNECTION = {
  name: 'shop',
  streams: [
    {
      name: 'public.orders',
      mode: 'incremental_deduped',
      cursorField: 'updated_at',
      target: { schema: 'sales', table: 'orders' },
    },
    { name: 'public.customers', mode: 'full_refresh_overwrite' },
  ],
} as unknown as Connection;

const STATE = {
  paused: true,
  active: { number: 41 },
  feeds: {
    'public.orders': {
      position: { kind: 'cursor', cursor: { type: 'timestamptz', field: 'updated_at', value: '2026-01-31 16:59:59+00' } },
    },
  },
} as unknown as ConnectionState;

test('colours only paint: the words, brackets and widths stay', () => {
  // oxlint-disable-next-line no-control-regex
  const bare = frameOf(RUN, { ...at(120), style: COLOURED }).map((line) => line.replaceAll(/\u001b\[\d+m/g, ''));
  expect(bare).toEqual(frameOf(RUN, at(120)));
});

test.each([
  [{ isTTY: true }, {}, COLOURED],
  [{ isTTY: true }, { NO_COLOR: '1' }, PLAIN],
  [{ isTTY: true }, { TERM: 'dumb' }, PLAIN],
  [{ isTTY: false }, {}, PLAIN],
  [{ isTTY: false }, { FORCE_COLOR: '1' }, COLOURED],
  [{ isTTY: true }, { FORCE_COLOR: '1', NO_COLOR: '1' }, PLAIN],
])('%j with %j', (stream, env, style) => expect(styleFor(stream, env)).toBe(style));

test('without a terminal a line is written when the status changes, and every ten seconds', () => {
  const lines: string[] = [];
  let now = START;
  const progress = lineProgress(
    (line) => lines.push(line),
    () => now,
  );
  progress.show({ ...RUN, status: 'queued', streams: [] });
  for (let second = 0; second <= 21; second += 1) {
    now = START + second * 1_000;
    progress.show(RUN);
  }
  expect(lines).toEqual([
    'run 42 queued 0 ms',
    'run 42 running 0 ms: 1 succeeded, 1 load, 1 extract, 1 checkpoint, 1 failed, 1 waiting; 7,407,402 read, 7,200,000 loaded',
    expect.stringMatching(/^run 42 running 10\.0 s: /),
    expect.stringMatching(/^run 42 running 20\.0 s: /),
  ]);
});

test('what failed is said with what to do, and not twice', () => {
  expect(remarksOf(RUN)).toEqual(['✗ public.payments: load.bad_value: amount is too large.\n  → Change the type.']);
  expect(remarksOf(RUN, refused)).toEqual([]);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_500, '1.5 kB'],
  [98_765_432, '98.8 MB'],
  [5e15, '5000.0 TB'],
])('%i bytes are %s', (bytes, text) => expect(size(bytes)).toBe(text));

test('on a terminal each frame takes the place of the last, and leaves nothing behind', () => {
  let written = '';
  const terminal = { isTTY: true, columns: 80, write: (text: string) => (written += text) };
  const progress = progressFor(terminal as unknown as NodeJS.WriteStream, { env: { NO_COLOR: '1' } });
  progress.show({ ...RUN, streams: STREAMS.slice(0, 2) });
  expect(written.split('\n')).toHaveLength(4);
  progress.show(RUN);
  expect(written).toContain('\n\u001b[3A\u001b[0Jrun 42 running');
  written = '';
  progress.done();
  expect(written).toBe('\u001b[7A\u001b[0J');
});

test('streams that the API does not tell of yet are named', () => {
  const planned = ['public.customers', 'public.orders'];
  const lines = frameOf({ ...RUN, streams: STREAMS.slice(0, 1) }, { ...at(80), planned });
  expect(lines.at(-1)).toBe('  · nothing loaded yet: public.orders');
  expect(frameOf({ ...RUN, streams: STREAMS.slice(0, 2) }, { ...at(80), planned })).toHaveLength(3);
});
