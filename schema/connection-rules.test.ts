import { describe, expect, test } from 'vitest';
import { streamConfigSchema, type StreamConfig } from './connection-config.js';
import { cursorErrors, destinationErrors, distanceErrors, sharedTargetErrors } from './connection-rules.js';

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

describe('holdBack and lag', () => {
  const errors = (fields: Partial<Record<keyof StreamConfig, unknown>>, cursor: 'field' | 'source' = 'field') =>
    distanceErrors([stream({ cursorField: 'at', ...fields })], cursor).map(({ path }) => path);

  test.each([
    ['a full read', { mode: 'full_refresh_overwrite', holdBack: '1m' }, ['streams[0].holdBack']],
    ['a lag that nothing merges', { mode: 'incremental_append', lag: 5 }, ['streams[0].lag']],
    ['both', { mode: 'full_refresh_overwrite', holdBack: 1, lag: '1s' }, ['streams[0].holdBack', 'streams[0].lag']],
    ['what fits', { mode: 'incremental_append', holdBack: '1m' }, []],
    ['what fits a mode that merges', { mode: 'incremental_deduped', holdBack: 5, lag: 5 }, []],
    ['none at all', { mode: 'full_refresh_overwrite', holdBack: '0s', lag: 0 }, []],
  ])('%s', (_, fields, paths) => {
    expect(errors(fields)).toEqual(paths);
  });

  test('a source with its own cursor has no field to measure by', () => {
    expect(errors({ mode: 'incremental_deduped', holdBack: '1m', lag: '1m' }, 'source')).toEqual([
      'streams[0].holdBack',
      'streams[0].lag',
    ]);
  });
});

describe('what a destination does not do', () => {
  const limits = { title: 'Files', modes: ['full_refresh_overwrite', 'incremental_append'], refuses: ['quarantine'] } as const;

  test('is refused by path, with what it does instead', () => {
    const streams = [
      stream({ mode: 'incremental_append' }),
      stream({ mode: 'mirror', primaryKey: ['id'] }),
      stream({ mode: 'full_refresh_overwrite', schemaPolicy: 'quarantine' }),
      stream({ mode: 'full_refresh_overwrite', verify: 'hash' }),
    ];
    expect(destinationErrors(streams, limits)).toEqual([
      {
        path: 'streams[1].mode',
        code: 'not_supported',
        message: 'Files cannot be loaded in mirror.',
        suggestion: 'Use full_refresh_overwrite or incremental_append.',
      },
      {
        path: 'streams[2].schemaPolicy',
        code: 'not_supported',
        message: 'Files cannot keep rows of changed columns aside.',
        suggestion: 'Use evolve, ignore_new or stop.',
      },
      {
        path: 'streams[3].verify',
        code: 'not_supported',
        message: 'Files cannot be compared with a source.',
        suggestion: 'Leave verify out.',
      },
    ]);
  });

  test('a destination that says nothing, and can be asked, does everything', () => {
    const all = { title: 'All', targetHashes: () => undefined };
    expect(destinationErrors([stream({ mode: 'scd2', schemaPolicy: 'quarantine', verify: 'count' })], all)).toEqual([]);
  });
});

describe('targets', () => {
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
