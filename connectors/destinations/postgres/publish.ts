import { planEvolution } from '../../../load/evolve.js';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { ident, literal, qualified } from '../../postgres/sql.js';
import type { LoadRequest } from '../../sdk/types.js';
import { describeTable, ensureSchema, evolve } from './target.js';

/** Puts the finished shadow in the target's place, inside the load's transaction: readers see all of the old rows or all of the new (I5). */
export async function publishShadow(session: Session, request: LoadRequest, shadow: Target): Promise<void> {
  await ensureSchema(session, request.target.schema);
  const target = await describeTable(session, request.target);
  if (!target) return moveShadow(session, shadow, request.target);
  const needs = await dependents(session, target.oid);
  if (needs.includes('foreign key')) refuse(request);
  if (needs.length > 0) return replaceRows(session, request, shadow);
  const dressing = await grantsAndComments(session, target.oid);
  await session.run(`drop table ${qualified(request.target)}`);
  await moveShadow(session, shadow, request.target);
  for (const statement of dressing) await session.run(statement);
}

async function moveShadow(session: Session, shadow: Target, target: Target): Promise<void> {
  const defaults = `alter column "_millrace_run" drop default, alter column "_millrace_extracted_at" drop default`;
  await session.run(`alter table ${qualified(shadow)} ${defaults}`);
  await session.run(`alter table ${qualified(shadow)} set schema ${ident(target.schema)}`);
  await session.run(`alter table ${ident(target.schema)}.${ident(shadow.table)} rename to ${ident(target.table)}`);
}

/** What would be lost with the table: people built it on top, so the table must stay and only its rows change. */
async function dependents(session: Session, oid: string): Promise<string[]> {
  const rows = await session.rows<{ what: string }>(
    `select 'view' as what from pg_depend d join pg_rewrite r on r.oid = d.objid and r.ev_class <> d.refobjid
       where d.classid = 'pg_rewrite'::regclass and d.refobjid = $1::oid
     union select 'foreign key' from pg_constraint where confrelid = $1::oid and contype = 'f' and conrelid <> $1::oid
     union select 'trigger' from pg_trigger where tgrelid = $1::oid and not tgisinternal
     union select 'policy' from pg_policy where polrelid = $1::oid
     union select 'policy' from pg_class where oid = $1::oid and relrowsecurity
     union select 'index' from pg_index where indrelid = $1::oid
     union select 'constraint' from pg_constraint where conrelid = $1::oid and contype in ('c', 'f')
     union select 'publication' from pg_publication_rel where prrelid = $1::oid
     union select 'partition' from pg_inherits where inhparent = $1::oid or inhrelid = $1::oid
     union select 'column of a user' from pg_attribute where attrelid = $1::oid and attnum > 0 and (atthasdef or attidentity <> '')`,
    [oid],
  );
  return rows.map((row) => row.what);
}

function refuse(request: LoadRequest): never {
  throw new MillraceError('load.target_incompatible', {
    detail: `Foreign keys point at ${request.target.schema}.${request.target.table}, so its rows cannot be replaced.`,
    suggestion: 'Drop the foreign keys, use incremental_deduped, or choose another target.',
    stream: request.stream,
  });
}

/** Slower, but everything that hangs on the table stays; readers see the old rows until the commit. */
async function replaceRows(session: Session, request: LoadRequest, shadow: Target): Promise<void> {
  const [held, fresh] = [await describeTable(session, request.target), await describeTable(session, shadow)];
  const columns = fresh?.columns ?? [];
  await evolve(session, request, planEvolution(held?.columns ?? [], columns));
  const names = columns.map((column) => ident(column.name)).join(', ');
  await session.run(`delete from ${qualified(request.target)}`);
  await session.run(`insert into ${qualified(request.target)} (${names}) select ${names} from ${qualified(shadow)}`);
  await session.run(`drop table ${qualified(shadow)}`);
}

/** Statements that give the table after the swap the owner, rights and comments of the one before. */
async function grantsAndComments(session: Session, oid: string): Promise<string[]> {
  const rows = await session.rows<{ statement: string }>(
    `select format('alter table %s owner to %I', c.oid::regclass, pg_get_userbyid(c.relowner)) as statement
       from pg_class c where c.oid = $1::oid and pg_get_userbyid(c.relowner) <> current_user
     union all select format('grant %s on %s to %s%s', a.privilege_type, c.oid::regclass,
         case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end, case when a.is_grantable then ' with grant option' else '' end)
       from pg_class c cross join lateral aclexplode(c.relacl) a where c.oid = $1::oid and a.grantee <> c.relowner
     union all select format('grant %s (%I) on %s to %s', a.privilege_type, t.attname, t.attrelid::regclass,
         case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
       from pg_attribute t cross join lateral aclexplode(t.attacl) a where t.attrelid = $1::oid
     union all select format('comment on table %s is %L', c.oid::regclass, obj_description(c.oid, 'pg_class'))
       from pg_class c where c.oid = $1::oid and obj_description(c.oid, 'pg_class') is not null
     union all select format('comment on column %s.%I is %L', t.attrelid::regclass, t.attname, col_description(t.attrelid, t.attnum))
       from pg_attribute t where t.attrelid = $1::oid and t.attnum > 0 and col_description(t.attrelid, t.attnum) is not null`,
    [oid],
  );
  return rows.map((row) => row.statement);
}

/** Starts the read anew: an empty shadow of the slice's columns, recorded under this lineage. */
export async function beginShadow(session: Session, request: LoadRequest, shadow: Target, definitions: string): Promise<void> {
  await session.run(`drop table if exists ${qualified(shadow)}`);
  await session.run(`create table ${qualified(shadow)} (${definitions})`);
  await session.run(
    `comment on table ${qualified(shadow)} is ${literal(`${request.connectionId} ${request.feed} lineage ${request.lineage}`)}`,
  );
  await recordShadow(session, request, request.lineage);
}

/** A ledger row counts only for the shadow it was loaded into. */
export async function requireShadow(session: Session, request: LoadRequest): Promise<void> {
  const [row] = await session.rows<{ lineage: string | null }>(
    `select shadow_lineage::text as lineage from _millrace.targets where schema_name = $1 and table_name = $2`,
    [request.target.schema, request.target.table],
  );
  if (Number(row?.lineage) === request.lineage) return;
  throw new MillraceError('load.stale_epoch', {
    detail: `The shadow of ${request.stream} belongs to another read.`,
    stream: request.stream,
  });
}

async function recordShadow(session: Session, request: LoadRequest, lineage: number): Promise<void> {
  await session.run(`update _millrace.targets set shadow_lineage = $3 where schema_name = $1 and table_name = $2`, [
    request.target.schema,
    request.target.table,
    lineage,
  ]);
}
