import { expect, test } from 'vitest';
import { connectionOf, streamOf } from './connection-input.js';

const ENDS = { sourceId: 'src_1', destinationId: 'dst_1' };
const MODE = { mode: 'mirror' };

test('a stream is its name and its settings', () => {
  expect(streamOf('public.orders', 'mirror')).toEqual({ name: 'public.orders', mode: 'mirror' });
  const text = 'public.lines,mode=incremental_deduped,cursorField=at,primaryKey=id+line,target=sales.order_lines';
  expect(streamOf(text, 'mirror')).toEqual({
    name: 'public.lines',
    mode: 'incremental_deduped',
    cursorField: 'at',
    primaryKey: ['id', 'line'],
    target: { schema: 'sales', table: 'order_lines' },
  });
  expect(streamOf('a,target=b', 'mirror')).toMatchObject({ target: { table: 'b' } });
  expect(() => streamOf('public.orders,updated_at', 'mirror')).toThrow('not updated_at');
});

test('flags stand over the file, and the file says what flags cannot', () => {
  const config = JSON.stringify({ name: 'other', streams: [{ name: 'a', mode: 'scd2' }], keepStaged: '7d' });
  expect(connectionOf('shop', ENDS, { ...MODE, config, every: '15m', schema: 'raw' })).toEqual({
    ...ENDS,
    name: 'shop',
    streams: [{ name: 'a', mode: 'scd2' }],
    keepStaged: '7d',
    schedule: { type: 'interval', every: '15m' },
    targetNames: { schema: 'raw' },
  });
  const streams = connectionOf('shop', ENDS, { ...MODE, config, stream: ['b'] }).streams;
  expect(streams).toEqual([{ name: 'b', mode: 'mirror' }]);
});

test('schedules that contradict themselves, and nothing to move, are refused', () => {
  const stream = ['a'];
  expect(connectionOf('shop', ENDS, { ...MODE, stream, cron: '0 * * * *', timezone: 'Asia/Tokyo' })).toMatchObject({
    schedule: { type: 'cron', cron: '0 * * * *', timezone: 'Asia/Tokyo' },
  });
  expect(() => connectionOf('shop', ENDS, { ...MODE, stream, every: '1h', cron: '0 * * * *' })).toThrow('not both');
  expect(() => connectionOf('shop', ENDS, { ...MODE, stream, timezone: 'UTC' })).toThrow('needs --cron');
  expect(() => connectionOf('shop', ENDS, MODE)).toThrow('at least one stream');
});
