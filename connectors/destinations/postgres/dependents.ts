import type { Session } from '../../postgres/session.js';

/** What people have built on a table, and would lose with it. */
export interface Dependents {
  /** Tables whose foreign keys point at it: its rows can only be changed, not replaced. */
  readonly foreignKeys: readonly string[];
  /** Anything else that a new table would not have: the table must stay, and only its rows change. */
  readonly others: readonly string[];
}

/**
 * Indexes, rights, comments and publications are no reason to keep a table: they are made again on the new one (dressing.ts).
 * A last line catches whatever else refers to the table or its row type.
 */
const DEPENDENTS = `
select 'foreign key' as what, c.conrelid::regclass::text as name from pg_constraint c where c.confrelid = $1::oid and c.contype = 'f' and c.conrelid <> $1::oid
union select case v.relkind when 'm' then 'materialized view' else 'view' end, v.oid::regclass::text
  from pg_depend d join pg_rewrite r on r.oid = d.objid and r.ev_class <> d.refobjid join pg_class v on v.oid = r.ev_class
  where d.classid = 'pg_rewrite'::regclass and d.refobjid = $1::oid
union select 'rule', rulename from pg_rewrite where ev_class = $1::oid
union select 'trigger', tgname from pg_trigger where tgrelid = $1::oid and not tgisinternal
union select 'policy', polname from pg_policy where polrelid = $1::oid
union select 'row security', '' from pg_class where oid = $1::oid and relrowsecurity
union select 'constraint', conname from pg_constraint where conrelid = $1::oid and contype in ('c', 'f', 'x')
union select 'statistics', stxname from pg_statistic_ext where stxrelid = $1::oid
union select 'publication', p.pubname from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
  where r.prrelid = $1::oid and (to_jsonb(r) ->> 'prqual' is not null or to_jsonb(r) ->> 'prattrs' is not null or not pg_has_role(p.pubowner, 'usage'))
union select 'partition', coalesce(nullif(inhparent, $1::oid), inhrelid)::regclass::text from pg_inherits where inhparent = $1::oid or inhrelid = $1::oid
union select 'column', attname from pg_attribute where attrelid = $1::oid and attnum > 0 and (atthasdef or attidentity <> '')
union select 'not null column', attname from pg_attribute where attrelid = $1::oid and attnum > 0 and attnotnull and not attisdropped
  and not exists (select from pg_index where indrelid = $1::oid and indisprimary and attnum = any (indkey))
union select 'object', pg_describe_object(d.classid, d.objid, d.objsubid) from pg_depend d join pg_class c on c.oid = $1::oid
  where d.refclassid = 'pg_type'::regclass and d.refobjid in (c.reltype, (select typarray from pg_type where oid = c.reltype)) and d.deptype = 'n'`;

export async function dependents(session: Session, oid: string): Promise<Dependents> {
  const rows = await session.rows<{ what: string; name: string }>(DEPENDENTS, [oid]);
  const named = (wanted: boolean): string[] =>
    rows.filter(({ what }) => (what === 'foreign key') === wanted).map(({ what, name }) => `${what} ${name}`.trim());
  return { foreignKeys: named(true), others: named(false) };
}
