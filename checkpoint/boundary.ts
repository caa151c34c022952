/**
 * Subtracting what was already taken at the cursor's last value: an incremental read begins with that value again, because
 * more rows may have come with it (DESIGN section 6, ties).
 * @module
 */
import { createHash } from 'node:crypto';
import { quoteIdentifier, quoteLiteral } from '../platform/duckdb/quote.js';
import type { BoundaryField, BoundarySet } from './position.js';

/** A set with more distinct rows than this stands in a file of the stage, not in the ledger row. */
export const MAX_INLINE_HASHES = 1_000;

export interface HashedField extends BoundaryField {
  /** Where it is staged now. */
  readonly column: string;
  /** Its type there; as it was hashed when absent. */
  readonly staged?: string | undefined;
}

/** Text of a row that no other row can have: every value with its length, NULL apart from everything. */
export function rowHashSql(fields: readonly HashedField[]): string {
  const parts = fields.map((field) => {
    const text = `cast(try_cast(${asHashed(field)} as ${field.stage}) as varchar)`;
    return `coalesce(length(${text}) || ':' || ${text}, 'N')`;
  });
  return `md5(concat_ws('|', ${parts.join(', ')}))`;
}

/** A value that its type cannot hold makes a column text in one slice and not in the next: the source's text, not DuckDB's. */
function asHashed({ column, stage, staged = stage }: HashedField): string {
  const value = quoteIdentifier(column);
  if (staged === 'VARCHAR' && stage !== 'VARCHAR') return fromSourceText(value, stage);
  return stage === 'VARCHAR' && staged !== 'VARCHAR' ? toSourceText(value, staged) : value;
}

const isTime = (stage: string): boolean => /^(DATE|TIMESTAMP)/.test(stage);

function fromSourceText(text: string, stage: string): string {
  if (stage.endsWith('[]')) return `translate(${text}, '{}', '[]')`;
  return isTime(stage) ? `regexp_replace(${text}, '^(\\S+)( [0-9:.]+)?(\\+00)? BC$', '\\1 (BC)\\2\\3')` : text;
}

function toSourceText(value: string, staged: string): string {
  if (staged === 'BOOLEAN[]') return `replace(replace(translate(${value}::varchar, '[] ', '{}'), 'true', 't'), 'false', 'f')`;
  if (staged.endsWith('[]')) return `translate(${value}::varchar, '[] ', '{}')`;
  return isTime(staged) ? `regexp_replace(${value}::varchar, '^(\\S+) \\(BC\\)(.*)$', '\\1\\2 BC')` : value;
}

/** Condition for rows at a cursor value; decimals without a declared scale are equal whatever their trailing zeros. */
export function atCursorSql(column: string, stage: string, value: string, isDecimal: boolean): string {
  const reference = quoteIdentifier(column);
  if (!isDecimal || stage !== 'VARCHAR') return `${reference} = cast(${quoteLiteral(value)} as ${stage})`;
  return `${plainDecimal(reference)} = ${plainDecimal(quoteLiteral(value))}`;
}

const plainDecimal = (text: string): string =>
  `case when contains(${text}, '.') then rtrim(rtrim(${text}, '0'), '.') else ${text} end`;

/** A table expression with columns `hash` and `count`. */
export function boundaryTable(set: BoundarySet, path: string | undefined): string {
  if (path !== undefined) return `(select hash, count from read_parquet(${quoteLiteral(path)}))`;
  const rows = Object.entries(set.hashes ?? {}).map(([hash, count]) => `(${quoteLiteral(hash)}, ${count})`);
  if (rows.length === 0) return `(select '' as hash, 0 as count where false)`;
  return `(values ${rows.join(', ')}) as b(hash, count)`;
}

/** Digest of a set, for positions: equal sets have equal digests. */
export function boundaryDigest(set: BoundarySet): string | undefined {
  if (set.file) return set.file.sha256;
  const lines = Object.entries(set.hashes ?? {}).map(([hash, count]) => `${hash}:${count}`);
  return lines.length === 0 ? undefined : createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
}
