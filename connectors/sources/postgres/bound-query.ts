import type { CursorDistance } from '../../../schema/cursor-distance.js';
import type { Field } from '../../../schema/types.js';
import { cursorType } from '../../sdk/cursor.js';
import { cursorSql, distanceBelow } from './cursor.js';
import { wallClock } from './wall-clock.js';

/** So near to the clock, a transaction may have its time and not be seen in pg_stat_activity yet. */
const INSTANT = `interval '10 ms'`;
/** Zones differ by whole quarters of an hour. */
const QUARTER_SECONDS = 900;

/**
 * SQL of the largest value that may be read as far as clock and `holdBack` are concerned. The clock is that of the
 * statement's begin: whoever is listed as a writer later in the statement had not ended then.
 */
export function largestValue(from: string, field: Field, holdBack: CursorDistance | undefined): string {
  const limit = clockLimit(field, holdBack);
  const largest = `select max(${cursorSql(field)}) as value from ${from}`;
  if (limit !== undefined) return `${largest} where ${cursorSql(field)} <= ${limit}`;
  return holdBack ? `select ${distanceBelow(field, 'value', holdBack)} as value from (${largest}) as newest` : largest;
}

/** Undefined for cursors that have nothing to do with a clock. */
function clockLimit(field: Field, holdBack: CursorDistance | undefined): string | undefined {
  const clock = clockOf(field);
  if (clock === undefined) return undefined;
  return holdBack ? distanceBelow(field, clock, holdBack) : cursorType(field) === 'date' ? `${clock}::date` : clock;
}

function clockOf(field: Field): string | undefined {
  const type = cursorType(field);
  if (type === 'timestamptz') return 'statement_timestamp()';
  return type === 'timestamp' || type === 'date' ? wallClock('statement_timestamp()') : undefined;
}

/** SQL: whether a bound is of this very instant, so that it must grow a little older before writers are looked for. */
export function isOfThisInstant(field: Field): string {
  switch (cursorType(field)) {
    case 'timestamptz':
      return `value > statement_timestamp() - ${INSTANT}`;
    case 'timestamp':
    case 'date':
      // in whatever zone the writer is
      return `case when isfinite(value) then mod(extract(epoch from (statement_timestamp() at time zone 'UTC') - value::timestamp)::numeric
        + ${1000 * QUARTER_SECONDS}, ${QUARTER_SECONDS}) < extract(epoch from ${INSTANT}) else false end`;
    default:
      return 'false';
  }
}
