import { describe, expect, test } from 'vitest';
import { streamConfigSchema, type StreamConfig } from '../../schema/connection-config.js';
import { cursorErrors, sharedTargetErrors } from './connection-rules.js';

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
