import { describe, expect, test } from 'vitest';
import { streamConfigSchema } from '../schema/connection-config.js';
import type { Target } from '../schema/types.js';
import { type StreamVersion, outlookOf } from './stream-change.js';

const HERE: Target = { schema: 'raw', table: 'orders' };

function version(config: object, target: Target = HERE): StreamVersion {
  const usual = { name: 'orders', mode: 'incremental_deduped', cursorField: 'updated_at', primaryKey: ['id'] };
  return { config: streamConfigSchema.parse({ ...usual, ...config }), target };
}

describe('a stream that is changed', () => {
  test.each([
    ['the policies', {}, { schemaPolicy: 'stop', rowPolicy: 'stop', lag: '5m' }],
    ['nothing', {}, {}],
  ])('goes on when %s changed', (_, before, after) => {
    expect(outlookOf(version(before), version(after))).toEqual({ effect: 'goes_on' });
  });

  test('goes on, but what is loaded does not follow new SQL or columns', () => {
    expect(outlookOf(version({}), version({ sql: 'select * from input', columns: { exclude: ['note'] } }))).toEqual({
      effect: 'goes_on',
      refresh: 'rows that are loaded already were made without the new columns, sql',
    });
  });

  test('is replaced when its mode or its key is another one', () => {
    const append = version({ mode: 'incremental_append' });
    expect(outlookOf(append, version({}))).toEqual({ effect: 'is_replaced', why: 'its mode was incremental_append' });
    expect(outlookOf(version({}), version({ primaryKey: ['id', 'line'] }))).toEqual({
      effect: 'is_replaced',
      why: 'its key was (id)',
    });
  });

  test('keeps its place when it now names the key that the source declares anyway', () => {
    const { primaryKey: _, ...config } = version({}).config;
    expect(outlookOf({ config, target: HERE }, version({}), ['id'])).toEqual({ effect: 'goes_on' });
    expect(outlookOf({ config, target: HERE }, version({}), ['uuid'])).toMatchObject({ why: 'its key was (uuid)' });
  });

  test('reads again by a new cursor where rows are merged, and stops where they would be doubled', () => {
    const cursor = { cursorField: 'id' };
    expect(outlookOf(version({}), version(cursor))).toEqual({ effect: 'reads_again', why: 'its cursor was updated_at' });
    const append = { mode: 'incremental_append' };
    expect(outlookOf(version(append), version({ ...append, ...cursor }))).toMatchObject({ effect: 'stops' });
  });

  test('reads all as ever in modes that do so, whatever changed', () => {
    const mirror = { mode: 'mirror' };
    expect(outlookOf(version(mirror), version({ ...mirror, sql: 'select * from input' }))).toEqual({ effect: 'reads_all' });
    const elsewhere = version(mirror, { schema: 'raw', table: 'new' });
    expect(outlookOf(version(mirror), elsewhere)).toEqual({ effect: 'reads_all', formerTarget: 'raw.orders' });
  });

  test('a history that gets a cursor is built anew', () => {
    const whole = { mode: 'scd2', cursorField: undefined };
    expect(outlookOf(version(whole), version({ mode: 'scd2' }))).toMatchObject({ effect: 'is_replaced' });
  });

  test('stops at a new target, which nothing was loaded into, unless it may be read again', () => {
    const elsewhere: Target = { schema: 'raw', table: 'sales' };
    expect(outlookOf(version({}), version({}, elsewhere))).toMatchObject({ effect: 'stops' });
    expect(outlookOf(version({}), version({ onTargetMissing: 'refresh' }, elsewhere))).toMatchObject({ effect: 'reads_again' });
  });
});

test('streams that come and go are told', () => {
  expect(outlookOf(undefined, version({}))).toEqual({ effect: 'is_new' });
  expect(outlookOf(version({}), undefined)).toEqual({ effect: 'is_removed' });
});
