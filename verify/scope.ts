/**
 * Compares a stream with its target: which rows and how, by write mode; buckets of hashes, then rows of those that differ.
 * @module
 */
import type { TargetRows } from '../connectors/sdk/hashes.js';
import type { WriteMode } from '../schema/connection-config.js';

/** Which rows are compared and what a row means that only the target has. */
export interface CompareRule {
  readonly by: 'key' | 'row';
  /** `loaded`: of an incremental stream, rows at or below the loaded cursor value. */
  readonly sourceRows: 'all' | 'loaded';
  readonly nullCursors: boolean;
  readonly targetRows: TargetRows;
  /**
   * `difference`: it should not be there. `told`: it is listed, but the mode does not promise that it goes away.
   * `duplicates`: only more copies of a row than the source has count; other rows are older versions.
   */
  readonly extra: 'difference' | 'told' | 'duplicates';
}

export interface RuleFacts {
  readonly mode: WriteMode;
  /** Every run reads all of the stream. */
  readonly whole: boolean;
  readonly hasKey: boolean;
  readonly nullCursor: 'include' | 'exclude' | 'error';
  readonly deletes: 'hard' | 'soft';
  /** Runs that loaded rows of the newest read. */
  readonly runs: readonly number[];
}

const ALL: TargetRows = { kind: 'all' };

/** The whole stream as the source holds it now against its target. */
export function tableRule({ mode, whole: isWhole, hasKey, nullCursor, deletes, runs }: RuleFacts): CompareRule {
  const whole = { by: hasKey ? 'key' : 'row', sourceRows: 'all', nullCursors: true, extra: 'difference' } as const;
  // a row that the source deleted stays: incremental reads do not see deletions
  const merged = { by: 'key', sourceRows: 'loaded', nullCursors: nullCursor === 'include', extra: 'told' } as const;
  switch (mode) {
    case 'full_refresh_overwrite':
      return { ...whole, targetRows: ALL };
    case 'full_refresh_append':
      return { ...whole, targetRows: { kind: 'runs', runs } };
    case 'mirror':
      return { ...whole, targetRows: deletes === 'soft' ? { kind: 'present' } : ALL };
    case 'scd2':
      return isWhole ? { ...whole, targetRows: { kind: 'current' } } : { ...merged, targetRows: { kind: 'current' } };
    case 'incremental_deduped':
      return { ...merged, targetRows: ALL };
    case 'incremental_append':
      // rows without a cursor value are loaded once, in the first read: later ones are not missing
      return { by: 'row', sourceRows: 'loaded', nullCursors: false, targetRows: ALL, extra: 'duplicates' };
  }
}

/**
 * What one run had staged against the rows that it loaded.
 * @returns undefined for modes whose rows do not say which run wrote them last
 */
export function runRule({ mode, hasKey }: Pick<RuleFacts, 'mode' | 'hasKey'>, run: number): CompareRule | undefined {
  if (mode === 'mirror' || mode === 'scd2') return undefined;
  const byKey = mode === 'incremental_deduped' || (mode === 'full_refresh_overwrite' && hasKey);
  const targetRows = { kind: 'run', run } as const;
  return { by: byKey ? 'key' : 'row', sourceRows: 'all', nullCursors: true, targetRows, extra: 'difference' };
}
