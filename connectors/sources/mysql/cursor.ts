import { MillraceError } from '../../../platform/errors/error.js';
import type { CursorDistance } from '../../../schema/cursor-distance.js';
import type { Field } from '../../../schema/types.js';
import { cursorType } from '../../sdk/cursor.js';
import { hexLiteral, ident } from './sql.js';
import { BadValue, valueSql } from './values.js';

/** Text by its bytes in UTF-8: the column's collation may take `a` for `A`, and orders otherwise than DuckDB. */
export const bytesOf = (column: string): string => `cast(convert(cast(${column} as char) using utf8mb4) as binary)`;

/** The cursor as comparable SQL. */
export function cursorSql(field: Field): string {
  return cursorType(field) === 'string' ? bytesOf(ident(field.name)) : ident(field.name);
}

/** A cursor value as SQL with its full precision (I3). @throws MillraceError `source.cursor_unsupported` */
export function cursorLiteral(field: Field, value: string): string {
  if (cursorType(field) === 'string') return hexLiteral(value);
  try {
    return valueSql(field, undefined, value);
  } catch (cause) {
    if (!(cause instanceof BadValue)) throw cause;
    throw new MillraceError('source.cursor_unsupported', {
      detail: `The cursor '${value.slice(0, 40)}' is no value of ${field.name}, which is ${field.native?.type ?? field.type}.`,
      path: 'cursorField',
      suggestion: 'Set the state to a value as the source prints it.',
      cause,
    });
  }
}

/** The SQL of a value that lies so far below another one; `value` is SQL of the cursor's type. */
export function distanceBelow(field: Field, value: string, distance: CursorDistance): string {
  if ('units' in distance) {
    const number = cursorType(field) === 'int' ? `cast(${value} as decimal(65, 0))` : value;
    return `(${number} - ${distance.units})`;
  }
  const earlier = `(cast(${value} as datetime(6)) - interval ${Math.round(distance.ms * 1000)} microsecond)`;
  return cursorType(field) === 'date' ? `cast(${earlier} as date)` : earlier;
}

/** Everything of the last `lag` before a value, and later: a lower bound as SQL. */
export function lowerBound(field: Field, value: string, lag: CursorDistance | undefined): string {
  const at = cursorLiteral(field, value);
  return lag ? distanceBelow(field, at, lag) : at;
}

/** For reads by a cursor. */
export const mysqlWords = { ident, cursorSql, cursorLiteral, lowerBound };
