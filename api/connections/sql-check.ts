import type { FieldError } from '../../platform/errors/error.js';
import type { StreamConfig } from '../../schema/connection-config.js';

/** Every stream's SQL that the guard refuses, with the place in its text. */
export async function sqlErrors(streams: readonly StreamConfig[]): Promise<readonly FieldError[]> {
  const found = await Promise.all(
    streams.map(({ sql }, index) => (sql === undefined ? [] : errorsOf(sql, `streams[${index}].sql`))),
  );
  return found.flat();
}

async function errorsOf(sql: string, path: string): Promise<readonly FieldError[]> {
  // Loaded when the first SQL comes: the guard brings DuckDB with it, which most requests do not need.
  const { checkSql } = await import('../../transform/guard/index.js');
  const result = await checkSql(sql);
  if (result.ok) return [];
  return result.errors.map(({ message, line, column }) => ({ path, code: 'refused_sql', message, line, column }));
}
