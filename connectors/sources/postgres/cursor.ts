import type { Field } from '../../../schema/types.js';
import { ident, literal } from '../../postgres/sql.js';
import { cursorType } from '../../sdk/cursor.js';

/** The cursor as comparable SQL. Text is compared by bytes, so that the order is the same on every server and in DuckDB. */
export function cursorSql(field: Field): string {
  return cursorType(field) === 'string' ? `${ident(field.name)}::text collate "C"` : ident(field.name);
}

/** A cursor value as a typed SQL literal with its full precision (I3). */
export function cursorLiteral(field: Field, value: string): string {
  return cursorType(field) === 'string'
    ? `${literal(value)}::text collate "C"`
    : `${literal(value)}::${field.native?.type ?? 'text'}`;
}
