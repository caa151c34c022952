import { expect, test } from 'vitest';
import type { PlannedStream, SyncPlan } from '../client/index.js';
import { planText } from './plan-text.js';

const STREAM: PlannedStream = {
  ...{ name: 'public.orders', mode: 'incremental_deduped', cursorField: 'updated_at', to: '2026-02-01 00:00:00+00' },
  target: { schema: 'sales', table: 'orders' },
  from: { kind: 'cursor', cursor: { type: 'timestamptz', field: 'updated_at', value: '2026-01-31 00:00:00+00' } },
  ...{ rows: { count: 12_345, exact: true, again: 1 }, refresh: false, schema: null, publish: 'in_place', error: null },
  ...{ ddl: ['alter table "sales"."orders" add column "note" text'], notes: ['the source has changed: added note text'] },
};

const PLAN: SyncPlan = {
  ...{ connectionId: 'con_1', paused: true, activeRun: 41, notes: [] },
  streams: [
    STREAM,
    {
      ...STREAM,
      ...{
        name: 'public.customers',
        mode: 'mirror',
        from: { kind: 'start' },
        to: null,
        publish: 'swap',
        refresh: true,
        notes: [],
      },
      ...{ rows: { count: 9_000_000, exact: false, again: 0 }, target: { schema: 'sales', table: 'customers' }, ddl: [] },
    },
    {
      ...STREAM,
      ...{ name: 'public.absent', from: { kind: 'start' }, to: null, rows: null, ddl: null, publish: null, notes: [] },
      error: { code: 'source.stream_missing', message: 'It is not there.', suggestion: 'Correct the name.' },
    },
  ],
};

test.each([80, 120, Infinity])('at %s columns it is the committed one', async (width) => {
  const text = planText('shop', PLAN, width);
  const table = text.split('\n').slice(1, 6);
  expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(width);
  const name = width === Infinity ? 'wide' : String(width);
  await expect(text).toMatchFileSnapshot(`../test/golden/cli/sync-plan-${name}.txt`);
});
