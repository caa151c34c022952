/**
 * CTE `reads`: the relation `$1` and all whose writers may bring rows to it: partitions and children, what a view stands on,
 * and the parents through which their rows may come.
 */
export const READS = `reads(oid, upwards) as (
  select $1::regclass::oid, false
  union
  select n.oid, n.upwards from reads r cross join lateral (
    select i.inhrelid as oid, false as upwards from pg_inherits i where i.inhparent = r.oid and not r.upwards
    union all
    select i.inhparent, true from pg_inherits i where i.inhrelid = r.oid
    union all
    select d.refobjid, false from pg_rewrite w
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass and d.deptype = 'n'
    where w.ev_class = r.oid and w.ev_type = '1' and not r.upwards
  ) as n)`;
