import type { Field } from '../../../schema/types.js';
import { literal } from '../../postgres/sql.js';
import { cursorType } from '../../sdk/cursor.js';

/** What hides writers from us; null where nothing does. Relations by name. */
export interface Blindness {
  readonly standby: boolean;
  readonly foreign: string | null;
  readonly materialized: string | null;
  readonly subscribed: string | null;
  readonly cached: string | null;
}

/** SQL of a JSON object, over the CTE `reads`. */
export function blindnessSql(field: Field): string {
  return `json_build_object(
    'standby', pg_is_in_recovery(),
    'foreign', ${relationOfKind('f')},
    'materialized', ${relationOfKind('m')},
    'subscribed', (select srrelid::regclass::text from pg_subscription_rel where srrelid in (select oid from reads) limit 1),
    'cached', ${cursorType(field) === 'int' ? cachedSequence(field) : 'null'})`;
}

const relationOfKind = (kind: string): string =>
  `(select c.oid::regclass::text from pg_class c where c.relkind = '${kind}' and c.oid in (select oid from reads) limit 1)`;

/** A sequence behind the cursor that gives each session a block of numbers: a low one may be used after a high one. */
function cachedSequence(field: Field): string {
  return `(select s.seqrelid::regclass::text from pg_sequence s where s.seqcache > 1 and s.seqrelid in (
    select d.refobjid from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
    where f.adrelid in (select oid from reads) and a.attname = ${literal(field.name)}
    union all
    select d.objid from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i'
      and d.refobjid in (select oid from reads) and a.attname = ${literal(field.name)}) limit 1)`;
}

/** Why the bound cannot be proven, in words; undefined when it can. */
export function blindnessText({ standby, foreign, materialized, subscribed, cached }: Blindness): string | undefined {
  const reasons = [
    standby && 'the server is a standby, which does not show who writes on its primary',
    foreign !== null && `${foreign} is a foreign table, whose writers are on another server`,
    materialized !== null && `${materialized} is a materialized view, which shows rows as of its refresh`,
    subscribed !== null && `${subscribed} is filled by logical replication, in the order of commits elsewhere`,
    cached !== null && `${cached} hands out numbers in blocks (cache), so a lower one may come after a higher one`,
  ];
  return reasons.filter((reason) => reason !== false).join('; ') || undefined;
}

export const unseen = (relation: string): string =>
  `no right to see who writes ${relation}: grant SELECT on the views in pg_catalog`;
