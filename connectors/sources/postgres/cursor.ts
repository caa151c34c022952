import type { CursorDistance } from '../../../schema/cursor-distance.js';
import type { Field } from '../../../schema/types.js';
import { ident, literal } from '../../postgres/sql.js';
import { cursorType } from '../../sdk/cursor.js';

const INT64 = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n };

/** The cursor as comparable SQL. Text is compared by bytes, so that the order is the same on every server and in DuckDB. */
export function cursorSql(field: Field): string {
  return cursorType(field) === 'string' ? `${ident(field.name)}::text collate "C"` : ident(field.name);
}

/** A cursor value as a typed SQL literal with its full precision (I3). */
export function cursorLiteral(field: Field, value: string): string {
  switch (cursorType(field)) {
    case 'string':
      return `${literal(value)}::text collate "C"`;
    case 'int':
      return field.type === 'uint64' ? `${literal(value)}::xid8` : integerLiteral(value);
    case 'decimal':
      return `${literal(value)}::numeric`; // with the column's own scale it would be rounded
    default:
      return `${literal(value)}::${field.native?.type ?? 'text'}`;
  }
}

/** A value beyond the column's type, set by hand or come from a wider one, compares all the same. */
function integerLiteral(value: string): string {
  const number = BigInt(value);
  return `${literal(value)}::${number < INT64.least || number > INT64.greatest ? 'numeric' : 'bigint'}`;
}

/** The SQL of a value that lies so far below another one; `value` is SQL of the cursor's type. */
export function distanceBelow(field: Field, value: string, distance: CursorDistance): string {
  if ('units' in distance) return `(${value})::text::numeric - ${distance.units}`;
  const earlier = `(${value}) - interval '${distance.ms} milliseconds'`;
  return cursorType(field) === 'date' ? `(${earlier})::date` : earlier;
}

/** Everything of the last `lag` before a value, and later: a lower bound as SQL. */
export function lowerBound(field: Field, value: string, lag: CursorDistance | undefined): string {
  if (!lag) return cursorLiteral(field, value);
  if (cursorType(field) === 'int' && 'units' in lag) return cursorLiteral(field, String(BigInt(value) - BigInt(lag.units)));
  return distanceBelow(field, cursorLiteral(field, value), lag);
}

/** For reads by a cursor. */
export const postgresWords = { ident, cursorSql, cursorLiteral, lowerBound };
