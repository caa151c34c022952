/**
 * Time without a zone: what `localtimestamp` of a writer is, and what it can still become.
 * @module
 */

/** Longer than any clock is ever set back. */
const LOOK_AHEAD = '3 hours';
/** Zones change at whole quarters of an hour. */
const STEP = '15 minutes';

/**
 * SQL of the least local time that the database's clock shows from an instant on. When the clock is about to be set back, that
 * is the time it will be set back to: what is written then lies below what was written before, and must not be passed over
 * (I4). The zone is the one that sessions of this database have unless they choose another.
 */
export function wallClock(instant: string, zone = DATABASE_ZONE): string {
  return `(select min(moment at time zone ${zone}) from (select ${instant} as moment union all
    select quarter from generate_series(date_trunc('hour', ${instant}), ${instant} + interval '${LOOK_AHEAD}', interval '${STEP}') as quarter
    where quarter > ${instant}) as moments)`;
}

/** Our own session has UTC; `reset_val` is what it would have had. */
const DATABASE_ZONE = `(select reset_val from pg_settings where name = 'TimeZone')`;
