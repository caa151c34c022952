import type { StagedColumn } from '../connectors/sdk/destination.js';
import { quoteIdentifier, quoteLiteral } from '../platform/duckdb/quote.js';
import { MillraceError } from '../platform/errors/error.js';
import type { PreviewColumn } from '../schema/preview.js';
import type { ActivityDependencies } from './dependencies.js';

/** An answer is held in memory on its way. */
const MAX_TEXT_BYTES = 32_000_000;

export interface FilesToShow {
  readonly files: readonly string[];
  readonly columns: readonly StagedColumn[];
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Rows of staged files with every value as text, whole. @throws MillraceError `preview.too_large` */
export async function rowsAsText(
  { engine }: Pick<ActivityDependencies, 'engine'>,
  { files, columns, limit, signal }: FilesToShow,
): Promise<(string | null)[][]> {
  if (files.length === 0 || columns.length === 0) return [];
  const values = columns.map((column, index) => `${textOf(column)} as c${index}`).join(', ');
  const parts = files.map((path) => `select ${values} from read_parquet(${quoteLiteral(path)})`);
  const shown = `select * from (${parts.join(' union all ')}) limit ${limit}`;
  const lengths = columns.map((_, index) => `coalesce(sum(strlen(c${index})), 0)`).join(' + ');
  const [size] = await engine.rows(`select (${lengths})::varchar as bytes from (${shown})`, [], signal);
  if (Number(size?.['bytes']) > MAX_TEXT_BYTES) throw tooLarge(Number(size?.['bytes']));
  const rows = await engine.rows(shown, [], signal);
  return rows.map((row) => columns.map((_, index) => (row[`c${index}`] as string | null | undefined) ?? null));
}

/** The same form for every file, whether a value fits its usual type there or not. */
function textOf({ column, stage }: StagedColumn): string {
  const name = quoteIdentifier(column);
  if (stage === 'BLOB') return `'\\x' || lower(hex(${name}))`;
  if (stage.endsWith('[]')) return `to_json(${name}::VARCHAR[])::VARCHAR`;
  return `${name}::VARCHAR`;
}

export function shownColumns(columns: readonly StagedColumn[]): readonly PreviewColumn[] {
  return columns.map(({ name, type, nullable, native }) => ({
    ...{ name, type, nullable },
    ...(native ? { native: { system: native.system, type: native.type } } : {}),
  }));
}

function tooLarge(bytes: number): MillraceError {
  return new MillraceError('preview.too_large', { detail: `The rows hold ${Math.round(bytes / 1_000_000)} MB of values.` });
}
