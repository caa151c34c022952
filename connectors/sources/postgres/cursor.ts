import type { CursorType } from '../../../checkpoint/position.js';
import { type Field, decimalShape } from '../../../schema/types.js';
import { ident, literal } from '../../postgres/sql.js';

const CURSOR_TYPES: Readonly<Record<string, CursorType>> = {
  int16: 'int',
  int32: 'int',
  int64: 'int',
  uint32: 'int',
  uint64: 'int',
  numeric: 'decimal',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  string: 'string',
  uuid: 'string',
};

/** The cursor type of a field, or undefined when its values have no order that can be trusted. */
export function cursorType(field: Field): CursorType | undefined {
  return decimalShape(field.type) ? 'decimal' : CURSOR_TYPES[field.type];
}

/** The cursor as comparable SQL. Text is compared by bytes, so that the order is the same on every server and in DuckDB. */
export function cursorSql(field: Field): string {
  return cursorType(field) === 'string' ? `${ident(field.name)}::text collate "C"` : ident(field.name);
}

/** A cursor value as a typed SQL literal with its full precision (I3). */
export function cursorLiteral(field: Field, value: string): string {
  return cursorType(field) === 'string' ? `${literal(value)}::text collate "C"` : `${literal(value)}::${field.native?.type ?? 'text'}`;
}
