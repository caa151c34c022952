import type { LogicalType } from '../../../schema/types.js';
import type { FormatContext } from './format.js';
import type { SourceFile } from './listing.js';
import { textRule } from './text-types.js';

const SAMPLE_FILES = 20;
const SAMPLE_ROWS = 40_000;
const SAMPLE_VALUES = 400_000;
const MIN_ROWS_PER_FILE = 100;

/** The first files by path and the ones that changed last, where new values are most likely. */
export function sampleFiles(files: readonly SourceFile[]): readonly SourceFile[] {
  if (files.length <= SAMPLE_FILES) return files;
  const newest = [...files].sort((a, b) => Number(b.changedNs - a.changedNs)).slice(0, SAMPLE_FILES / 2);
  const chosen = new Set([...files.slice(0, SAMPLE_FILES / 2), ...newest]);
  return files.filter((file) => chosen.has(file));
}

/** Rows to look at in each of so many files with so many columns. */
export function sampleRows(files: number, columns: number): number {
  const rows = Math.min(SAMPLE_ROWS, SAMPLE_VALUES / Math.max(columns, 1));
  return Math.max(MIN_ROWS_PER_FILE, Math.floor(rows / Math.max(files, 1)));
}

/** Longer ones are text of no other type, and not worth carrying along. */
const LONGEST_VALUE = 400;

/**
 * The type of every column of `select` (columns v0, v1 …, all text): the first candidate that all its values fit, `string`
 * where there is none or no value. Columns are turned into rows, so that a wide file needs no more expressions than a
 * narrow one.
 */
export async function inferTypes(
  { engine, signal }: FormatContext,
  select: string,
  candidates: readonly (readonly LogicalType[])[],
): Promise<LogicalType[]> {
  if (candidates.length === 0) return [];
  const checked = [...new Set(candidates.flat())];
  const checks = checked.map((type) => `bool_and(${textRule(type).valid?.('value') ?? 'true'}) as ${type}`);
  const columns = candidates.map(
    (_, column) => `case when strlen(v${column}) > ${LONGEST_VALUE} then 'text' else v${column} end`,
  );
  const values = `select unnest(range(${candidates.length})) as column_index, unnest([${columns.join(', ')}]) as value from (${select})`;
  const rows = await engine.rows(
    `select column_index::int as column_index, ${checks.join(', ') || 'true'} from (${values}) where value is not null group by column_index`,
    [],
    signal,
  );
  const found = new Map(rows.map((row) => [row['column_index'], row]));
  return candidates.map((types, column) => types.find((type) => found.get(column)?.[type] === true) ?? 'string');
}
