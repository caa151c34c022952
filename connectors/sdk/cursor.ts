import type { CursorType } from '../../checkpoint/position.js';
import { type Field, decimalShape } from '../../schema/types.js';

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
