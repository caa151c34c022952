import type { Dialect } from '../../../load/plan.js';
import { ident, literal } from '../../postgres/sql.js';

const TEXT = /^(text|character|citext|"char"|name)/;

/** Types whose equality is exact: no two values that are equal print differently. 1.0 = 1.00 and '1 day' = '24:00' are not exact. */
const EXACT =
  /^(boolean|smallint|integer|bigint|oid|numeric\(\d+,\d+\)|text|character varying(\(\d+\))?|date|timestamp( without time zone| with time zone)?|time( without time zone)?|uuid|bytea)$/;

export const dialect: Dialect = {
  identifier: ident,
  literal,
  comparable: (reference, type) => (TEXT.test(type) ? `${reference}::text collate "C"` : reference),
  differs: (left, right, type) =>
    EXACT.test(type) ? `${left} is distinct from ${right}` : `${left}::text is distinct from ${right}::text`,
};
