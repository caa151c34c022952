import type { Field } from '../../../schema/types.js';
import { literal } from '../../postgres/sql.js';
import { cursorType } from '../../sdk/cursor.js';

/** What hides writers from us. Relations by name. */
export interface Blindness {
  readonly standby: boolean;
  /** By `pg_class.relkind`: f = foreign, m = materialized. */
  readonly kinds: Readonly<Record<string, string>> | null;
  readonly subscribed: string | null;
  /** Whether the database has sequences that hand out blocks at all: usually there is none, and no need to look closer. */
  readonly caches: boolean;
}

/** SQL of a JSON object, over the CTE `reads`. Planned anew by every read, so it is kept short. */
export function blindnessSql(field: Field): string {
  return `json_build_object(
    'standby', pg_is_in_recovery(),
    'kinds', (select json_object_agg(c.relkind, c.oid::regclass::text) from pg_class c where c.relkind in ('f', 'm') and c.oid in (select oid from reads)),
    'subscribed', (select srrelid::regclass::text from pg_subscription_rel where srrelid in (select oid from reads) limit 1),
    'caches', ${cursorType(field) === 'int' ? 'exists (select from pg_sequence where seqcache > 1)' : 'false'})`;
}

/** SQL of the sequence behind the cursor that gives each session a block of numbers: a low one may be used after a high one. */
export function cachedSequence(field: Field): string {
  return `select s.seqrelid::regclass::text as name from pg_sequence s where s.seqcache > 1 and s.seqrelid in (
    select d.refobjid from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
    join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
    where f.adrelid in (select oid from reads) and a.attname = ${literal(field.name)}
    union all
    select d.objid from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i'
      and d.refobjid in (select oid from reads) and a.attname = ${literal(field.name)}) limit 1`;
}

/** Why the bound cannot be proven, in words; undefined when it can. */
export function blindnessText({ standby, kinds, subscribed }: Blindness, cached: string | undefined): string | undefined {
  const { f: foreign, m: materialized } = kinds ?? {};
  const reasons = [
    standby && 'the server is a standby, which does not show who writes on its primary',
    foreign !== undefined && `${foreign} is a foreign table, whose writers are on another server`,
    materialized !== undefined && `${materialized} is a materialized view, which shows rows as of its refresh`,
    subscribed !== null && `${subscribed} is filled by logical replication, in the order of commits elsewhere`,
    cached !== undefined && `${cached} hands out numbers in blocks (cache), so a lower one may come after a higher one`,
  ];
  return reasons.filter((reason) => reason !== false).join('; ') || undefined;
}

export const unseen = (relation: string): string =>
  `no right to see who writes ${relation}: grant SELECT on the views in pg_catalog`;
