export interface SqlError {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** From 0, in characters: an index into the SQL text. */
  readonly position: number;
}

/** DuckDB counts bytes of UTF-8; an offset outside the text (it has one for "nowhere") becomes the start. */
export function errorAt(sql: string, byteOffset: unknown, message: string): SqlError {
  const position = characterIndex(sql, Number(byteOffset));
  const before = sql.slice(0, position).split('\n');
  return { message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, position };
}

function characterIndex(sql: string, byteOffset: number): number {
  const bytes = Buffer.from(sql, 'utf8');
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset > bytes.length) return 0;
  return bytes.subarray(0, byteOffset).toString('utf8').length;
}
