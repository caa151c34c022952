import { planEvolution } from '../../../load/evolve.js';
import type { LoadShape } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { ident, literal, qualified } from '../../postgres/sql.js';
import type { ColumnWindow, LoadRequest } from '../../sdk/types.js';
import { dialect } from './dialect.js';
import { endShadow } from './shadow.js';
import { describeTable, ensureSchema, evolve } from './target.js';

/** Puts the finished shadow in the target's place, inside the load's transaction: readers see all of the old rows or all of the new (I5). */
export async function publishShadow(session: Session, request: LoadRequest, { target: shadow }: LoadShape): Promise<void> {
  await ensureSchema(session, request.target.schema);
  await endShadow(session, request);
  const target = await describeTable(session, request.target);
  if (!target) return moveShadow(session, request, shadow);
  const needs = await dependents(session, target.oid, request);
  if (needs.includes('foreign key')) refuse(request);
  if (needs.length > 0) return replaceRows(session, request, { shadow, where: 'true' });
  const dressing = await grantsAndComments(session, target.oid);
  await session.run(`drop table ${qualified(request.target)}`);
  await moveShadow(session, request, shadow);
  for (const statement of dressing) await session.run(statement);
}

/** The rows of a window give way to those of the shadow; the rest of the table stays as it is. */
export async function replaceWindow(
  session: Session,
  request: LoadRequest,
  { shape, window }: { readonly shape: LoadShape; readonly window: ColumnWindow },
): Promise<void> {
  await replaceRows(session, request, { shadow: shape.target, where: windowWhere(shape, window) });
}

/** @throws MillraceError `load.target_incompatible` when the cursor field was not loaded */
function windowWhere({ columns }: LoadShape, { field, from, to, below }: ColumnWindow): string {
  const column = columns.find(({ name }) => name === fitIdentifier(field));
  if (!column)
    throw new MillraceError('load.target_incompatible', {
      detail: `The target has no column for '${field}', so the rows of the window cannot be found.`,
      suggestion: 'Load the cursor field as well, or refresh the stream.',
    });
  const value = (text: string): string => dialect.comparable(`${literal(text)}::${column.type}`, column.type);
  const held = dialect.comparable(ident(column.name), column.type);
  return [
    ...(from === undefined ? [`${ident(column.name)} is not null`] : [`${held} >= ${value(from)}`]),
    ...[to, below].flatMap((bound) => (bound === undefined ? [] : [`${held} < ${value(bound)}`])),
  ].join(' and ');
}

async function moveShadow(session: Session, { target, track }: LoadRequest, shadow: Target): Promise<void> {
  const defaults = `alter column "_millrace_run" drop default, alter column "_millrace_extracted_at" drop default`;
  await session.run(`alter table ${qualified(shadow)} ${defaults}`);
  await session.run(`comment on table ${qualified(shadow)} is null`);
  await session.run(`alter table ${qualified(shadow)} set schema ${ident(target.schema)}`);
  await session.run(`alter table ${ident(target.schema)}.${ident(shadow.table)} rename to ${ident(target.table)}`);
  if (track === 'live') await renameKey(session, target);
}

/** The key was named after the shadow; the next shadow needs that name again. */
async function renameKey(session: Session, target: Target): Promise<void> {
  const [key] = await session.rows<{ name: string }>(
    `select conname as name from pg_constraint where conrelid = ${literal(qualified(target))}::regclass and contype = 'p'`,
  );
  if (key)
    await session.run(
      `alter table ${qualified(target)} rename constraint ${ident(key.name)} to ${ident(fitIdentifier(`${target.table}_pkey`))}`,
    );
}

/** What would be lost with the table: people built it on top, so the table must stay and only its rows change. */
async function dependents(session: Session, oid: string, { target }: LoadRequest): Promise<string[]> {
  const rows = await session.rows<{ what: string }>(
    `select 'view' as what from pg_depend d join pg_rewrite r on r.oid = d.objid and r.ev_class <> d.refobjid
       where d.classid = 'pg_rewrite'::regclass and d.refobjid = $1::oid
     union select 'foreign key' from pg_constraint where confrelid = $1::oid and contype = 'f' and conrelid <> $1::oid
     union select 'trigger' from pg_trigger where tgrelid = $1::oid and not tgisinternal
     union select 'policy' from pg_policy where polrelid = $1::oid
     union select 'policy' from pg_class where oid = $1::oid and relrowsecurity
     union select 'index' from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indrelid = $1::oid and not (i.indisprimary and c.relname = $2)
     union select 'constraint' from pg_constraint where conrelid = $1::oid and contype in ('c', 'f')
     union select 'publication' from pg_publication_rel where prrelid = $1::oid
     union select 'partition' from pg_inherits where inhparent = $1::oid or inhrelid = $1::oid
     union select 'column of a user' from pg_attribute where attrelid = $1::oid and attnum > 0 and (atthasdef or attidentity <> '')`,
    [oid, fitIdentifier(`${target.table}_pkey`)],
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

/** Slower than a swap, but everything that hangs on the table stays; readers see the old rows until the commit. */
async function replaceRows(
  session: Session,
  request: LoadRequest,
  { shadow, where }: { readonly shadow: Target; readonly where: string },
): Promise<void> {
  const [held, fresh] = [await describeTable(session, request.target), await describeTable(session, shadow)];
  const columns = fresh?.columns ?? [];
  await evolve(session, request, planEvolution(held?.columns ?? [], columns));
  const names = columns.map((column) => ident(column.name)).join(', ');
  await session.run(`delete from ${qualified(request.target)} where ${where}`);
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
