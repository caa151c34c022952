export interface SqlError {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** From 0, in characters: an index into the SQL text. */
  readonly position: number;
}

/**
 * How DuckDB counted an offset: its parser in code points, everything after it in bytes of UTF-8. An offset outside the
 * text (it has one for "nowhere") becomes the start.
 */
export type OffsetUnit = 'codePoints' | 'bytes';

export function errorAt(sql: string, offset: unknown, unit: OffsetUnit, message: string): SqlError {
  const position = unit === 'bytes' ? indexOfByte(sql, Number(offset)) : indexOfCodePoint(sql, Number(offset));
  const before = sql.slice(0, position).split('\n');
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, position };
}

function indexOfByte(sql: string, offset: number): number {
  const bytes = Buffer.from(sql, 'utf8');
  return offset > 0 && offset <= bytes.length ? bytes.subarray(0, offset).toString('utf8').length : 0;
}

function indexOfCodePoint(sql: string, offset: number): number {
  const points = [...sql];
  return offset > 0 && offset <= points.length ? points.slice(0, offset).join('').length : 0;
}
