import type { Session } from '../../postgres/session.js';

/**
 * Statements that give a new table what people gave the one of the same name before: owner, rights, storage parameters, comments,
 * indexes, replica identity, publications. Read while the old table is there, run when the new one is in its place.
 */
const DRESSING = `
select 1 as place, format('alter table %s owner to %I', c.oid::regclass, pg_get_userbyid(c.relowner)) as statement
  from pg_class c where c.oid = $1::oid and pg_get_userbyid(c.relowner) <> current_user
union all select 2, format('grant %s on %s to %s%s', a.privilege_type, c.oid::regclass,
    case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end, case when a.is_grantable then ' with grant option' else '' end)
  from pg_class c cross join lateral aclexplode(c.relacl) a where c.oid = $1::oid and a.grantee <> c.relowner
union all select 2, format('grant %s (%I) on %s to %s', a.privilege_type, t.attname, t.attrelid::regclass,
    case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
  from pg_attribute t cross join lateral aclexplode(t.attacl) a where t.attrelid = $1::oid
union all select 3, format('comment on table %s is %L', c.oid::regclass, obj_description(c.oid, 'pg_class'))
  from pg_class c where c.oid = $1::oid and obj_description(c.oid, 'pg_class') is not null
union all select 3, format('comment on column %s.%I is %L', t.attrelid::regclass, t.attname, col_description(t.attrelid, t.attnum))
  from pg_attribute t where t.attrelid = $1::oid and t.attnum > 0 and col_description(t.attrelid, t.attnum) is not null
union all select 3, format('alter table %s set (%s)', c.oid::regclass, array_to_string(c.reloptions, ', '))
  from pg_class c where c.oid = $1::oid and c.reloptions is not null
union all select 4, regexp_replace(pg_get_indexdef(i.indexrelid), ' INDEX ', ' INDEX IF NOT EXISTS ')
  from pg_index i join pg_class x on x.oid = i.indexrelid
  where i.indrelid = $1::oid and x.relname not like '%\\_millrace\\_key' and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
union all select 4, format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
  from pg_constraint k where k.conrelid = $1::oid and (k.contype = 'u' or k.contype = 'p' and $2::boolean)
union all select 5, format('alter table %s replica identity %s', c.oid::regclass, case c.relreplident when 'f' then 'full' when 'n' then 'nothing'
    else (select format('using index %I', x.relname) from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident) end)
  from pg_class c where c.oid = $1::oid and c.relreplident <> 'd'
union all select 6, format('alter publication %I add table %s', p.pubname, r.prrelid::regclass)
  from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where r.prrelid = $1::oid
order by place`;

/** `primaryKey`: the old table's primary key is people's own, not the mode's. */
export async function dressing(session: Session, oid: string, primaryKey: boolean): Promise<readonly string[]> {
  return (await session.rows<{ statement: string }>(DRESSING, [oid, primaryKey])).map((row) => row.statement);
}
