import { describe, expect, test } from 'vitest';
import { streamConfigSchema, type StreamConfig } from '../../schema/connection-config.js';
import { cursorErrors, scheduleErrors, sharedTargetErrors, targetOf } from './connection-rules.js';
import { cronError } from './cron.js';

describe('cron expressions', () => {
  test.each([
    '* * * * *',
    '0 * * * *',
    '*/15 0-6,22 1 jan-mar mon',
    '5/10 3 29 2 *',
    '0 0 * * 7',
    '  0  0 1 * SUN ',
    '0 9-17/2 * * MON-FRI',
  ])('%j is fine', (cron) => {
    expect(cronError(cron)).toBeUndefined();
  });

  test.each([
    ['', /five fields/],
    ['* * * *', /has 4/],
    ['* * * * * *', /has 6/],
    ['60 * * * *', /'60' is not a minute/],
    ['* 24 * * *', /hour/],
    ['* * 0 * *', /day of month/],
    ['* * * foo *', /'foo' is not a month/],
    ['* * * * 8', /day of week/],
    ['*/0 * * * *', /minute/],
    ['5-1 * * * *', /minute/],
    ['1,,2 * * * *', /minute/],
    ['@hourly', /five fields/],
    ['0 0 31 2 *', /never fires/],
    ['0 0 31 4,6 *', /never fires/],
  ])('%j is refused', (cron, message) => {
    expect(cronError(cron)).toMatch(message);
  });
});

describe('schedules', () => {
  test('errors name the field', () => {
    expect(scheduleErrors({ type: 'manual' })).toEqual([]);
    expect(scheduleErrors({ type: 'interval', every: '1s' })).toEqual([]);
    expect(scheduleErrors({ type: 'interval', every: '0s' })).toMatchObject([{ path: 'schedule.every' }]);
    expect(scheduleErrors({ type: 'cron', cron: 'x', timezone: 'Nowhere/Land' })).toMatchObject([
      { path: 'schedule.cron' },
      { path: 'schedule.timezone' },
    ]);
    expect(scheduleErrors({ type: 'cron', cron: '0 * * * *', timezone: 'Europe/Berlin' })).toEqual([]);
  });
});

describe('cursor fields', () => {
  test('incremental modes need one where the source has no cursor of its own', () => {
    const streams = [
      stream({ mode: 'full_refresh_overwrite' }),
      stream({ mode: 'incremental_append' }),
      stream({ mode: 'incremental_deduped', cursorField: 'id' }),
    ];
    expect(cursorErrors(streams, 'field')).toMatchObject([{ path: 'streams[1].cursorField', code: 'required' }]);
  });

  test('a source with its own cursor takes none', () => {
    const streams = [stream({ mode: 'incremental_append' }), stream({ mode: 'incremental_append', cursorField: 'id' })];
    expect(cursorErrors(streams, 'source')).toMatchObject([{ path: 'streams[1].cursorField', code: 'not_allowed' }]);
  });
});

describe('targets', () => {
  const defaultTarget = (name: string) => ({ schema: 'public', table: name.replace('.', '_') });

  test('are completed by the default of the destination', () => {
    expect(targetOf(stream({ name: 'a.b', target: { schema: 'sales' } }), defaultTarget)).toEqual({
      schema: 'sales',
      table: 'a_b',
    });
    expect(targetOf(stream({ name: 'a.b', target: { table: 't' } }), defaultTarget)).toEqual({ schema: 'public', table: 't' });
  });

  test('two streams may not share one', () => {
    const targets = [
      { schema: 'a', table: 'b' },
      { schema: 'a', table: 'B' },
      { schema: 'a', table: 'b' },
      { schema: 'a"b', table: 'c' },
    ];
    expect(sharedTargetErrors(targets)).toMatchObject([
      { path: 'streams[2].target', message: 'streams[0] goes to a.b already.' },
    ]);
  });
});

function stream(fields: Partial<Record<keyof StreamConfig, unknown>>): StreamConfig {
  return streamConfigSchema.parse({ name: 's', mode: 'incremental_append', ...fields });
}
