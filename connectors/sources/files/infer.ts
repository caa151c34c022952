import type { LogicalType } from '../../../schema/types.js';
import type { FormatContext } from './format.js';
import type { SourceFile } from './listing.js';
import { textRule } from './text-types.js';

const SAMPLE_FILES = 20;
const SAMPLE_ROWS = 40_000;
const SAMPLE_VALUES = 1_000_000;
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

/**
 * The type of every column of `select` (columns v0, v1 …, all text): the first candidate that all its values fit, `string`
 * where there is none or no value.
 */
export async function inferTypes(
  { engine, signal }: FormatContext,
  select: string,
  candidates: readonly (readonly LogicalType[])[],
): Promise<LogicalType[]> {
  if (candidates.length === 0) return [];
  const checks = candidates.flatMap((types, column) => [
    `count(v${column}) > 0 as any${column}`,
    ...types.map(
      (type, index) =>
        `bool_and(${textRule(type).valid?.(`v${column}`) ?? 'true'}) filter (where v${column} is not null) as fits${column}_${index}`,
    ),
  ]);
  const [found] = await engine.rows(`select ${checks.join(', ')} from (${select})`, [], signal);
  return candidates.map((types, column) => {
    const fitting = types.find((_, index) => found?.[`fits${column}_${index}`] === true);
    return found?.[`any${column}`] === true && fitting ? fitting : 'string';
  });
}
