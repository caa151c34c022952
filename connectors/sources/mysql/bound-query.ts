import type { CursorDistance } from '../../../schema/cursor-distance.js';
import type { Field } from '../../../schema/types.js';
import { cursorType } from '../../sdk/cursor.js';
import { cursorSql, distanceBelow } from './cursor.js';
import type { MysqlRead } from './read.js';
import { ident } from './sql.js';
import { wallClock } from './wall-clock.js';

/** SQL of the largest value that may be read as far as clock and `holdBack` are concerned, as text. */
export function largestValue(read: MysqlRead, field: Field): string {
  const { holdBack } = read.request;
  const limit = clockLimit(field, holdBack);
  if (cursorType(field) === 'string')
    return `select convert(max(${cursorSql(field)}) using utf8mb4) as value ${read.from('true')}`;
  const largest = `select max(${ident(field.name)}) as value`;
  if (limit !== undefined) return `${largest} ${read.from(`${ident(field.name)} <= ${limit}`)}`;
  if (!holdBack) return `${largest} ${read.from('true')}`;
  return `select ${distanceBelow(field, 'value', holdBack)} as value from (${largest} ${read.from('true')}) as newest`;
}

/** Undefined for cursors that have nothing to do with a clock. */
function clockLimit(field: Field, holdBack: CursorDistance | undefined): string | undefined {
  const clock = clockOf(field);
  if (clock === undefined) return undefined;
  return holdBack ? distanceBelow(field, clock, holdBack) : cursorType(field) === 'date' ? `cast(${clock} as date)` : clock;
}

function clockOf(field: Field): string | undefined {
  const type = cursorType(field);
  if (type === 'timestamptz') return 'utc_timestamp(6)';
  return type === 'timestamp' || type === 'date' ? wallClock() : undefined;
}
