import type { Field } from '../../schema/types.js';

/** Rows as Postgres itself writes and reads them: the fastest way between two servers, for whole tables that nothing changes. */
export const POSTGRES_BINARY = 'postgres-binary';

/**
 * Binary rows carry no types: a pair of different types would load silently wrong. So only types that are built in and the
 * same on every server count; the target is created with exactly these.
 */
const SAME_EVERYWHERE =
  /^(boolean|smallint|integer|bigint|real|double precision|numeric|text|character varying|character|"char"|name|date|timestamp|time|interval|uuid|jsonb?|bytea|inet|cidr|macaddr|bit|point|line|lseg|box|path|polygon|circle|int4range|int8range|numrange|daterange|tsrange|tstzrange)\b[^.]*$|^"char"(\[\])?$/;

/** The format in which all fields can travel, or undefined. */
export function nativeFormat(fields: readonly Field[]): string | undefined {
  return fields.every(isSameEverywhere) ? POSTGRES_BINARY : undefined;
}

function isSameEverywhere({ native }: Field): boolean {
  return native?.system === 'postgres' && !native.definition && SAME_EVERYWHERE.test(native.type);
}
