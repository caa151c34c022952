import { describe, expect, test } from 'vitest';
import type { WriteMode } from '../schema/connection-config.js';
import { type RuleFacts, runRule, tableRule } from './scope.js';

const facts = (mode: WriteMode, more: Partial<RuleFacts> = {}): RuleFacts => ({
  mode,
  whole: true,
  hasKey: true,
  nullCursor: 'include',
  deletes: 'hard',
  runs: [7],
  ...more,
});

describe('the whole table', () => {
  test.each([
    ['full_refresh_overwrite', {}, 'key all all difference'],
    ['full_refresh_overwrite', { hasKey: false }, 'row all all difference'],
    ['full_refresh_append', {}, 'key all runs difference'],
    ['mirror', {}, 'key all all difference'],
    ['mirror', { deletes: 'soft' }, 'key all present difference'],
    ['scd2', {}, 'key all current difference'],
    ['scd2', { whole: false }, 'key loaded current told'],
    ['incremental_deduped', {}, 'key loaded all told'],
    ['incremental_append', {}, 'row loaded all duplicates'],
  ] as const)('%s %o: %s', (mode, more, expected) => {
    const { by, sourceRows, targetRows, extra } = tableRule(facts(mode, more));
    expect([by, sourceRows, targetRows.kind, extra].join(' ')).toBe(expected);
  });

  test.each([
    ['incremental_deduped', 'include', true],
    ['incremental_deduped', 'exclude', false],
    ['incremental_deduped', 'error', false],
    ['incremental_append', 'include', false],
    ['full_refresh_overwrite', 'exclude', true],
  ] as const)('%s with nullCursor %s: rows without a cursor value count: %s', (mode, nullCursor, expected) => {
    expect(tableRule(facts(mode, { nullCursor })).nullCursors).toBe(expected);
  });
});

describe('what one run loaded', () => {
  test.each([
    ['full_refresh_overwrite', true, 'key'],
    ['full_refresh_overwrite', false, 'row'],
    ['incremental_deduped', true, 'key'],
    ['incremental_append', true, 'row'],
    ['full_refresh_append', true, 'row'],
  ] as const)('%s with a key (%s) is compared by %s', (mode, hasKey, by) => {
    expect(runRule({ mode, hasKey }, 7)).toMatchObject({ by, targetRows: { kind: 'run', run: 7 }, extra: 'difference' });
  });

  test.each(['mirror', 'scd2'] as const)('%s rows do not say which run wrote them', (mode) => {
    expect(runRule({ mode, hasKey: true }, 7)).toBeUndefined();
  });
});
