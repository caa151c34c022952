/**
 * Time without a zone: what `now()` of a writer is, and what it can still become.
 * @module
 */

/** Longer than any clock is ever set back, in quarters of an hour, at which zones change. */
const QUARTERS_AHEAD = 13;

/**
 * SQL of the least local time that the server's clock shows from now on. When the clock is about to be set back, that is the
 * time it will be set back to: what is written then lies below what was written before, and must not be passed over (I4). The
 * zone is the one that sessions of this server have unless they choose another.
 */
export function wallClock(): string {
  const hour = `date_format(utc_timestamp(6), '%Y-%m-%d %H:00:00')`;
  const moments = Array.from({ length: QUARTERS_AHEAD }, (_, n) =>
    local(`greatest(utc_timestamp(6), cast(${hour} as datetime(6)) + interval ${15 * (n + 1)} minute)`),
  );
  return `least(${[local('utc_timestamp(6)'), ...moments].join(', ')})`;
}

const local = (moment: string): string => `convert_tz(${moment}, '+00:00', @@global.time_zone)`;
