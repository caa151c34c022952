import { fitIdentifier } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { ident, literal, qualified } from '../../postgres/sql.js';
import type { LoadRequest } from '../../sdk/destination.js';
import { dressing } from './dressing.js';
import { vacuumAgain } from './shadow.js';
import { type TableState, describeTable } from './target.js';

/** The shadow becomes the target. Columns that only the old table has stay, empty: nothing is ever dropped (I6). */
export async function swap(
  session: Session,
  request: LoadRequest,
  { shadow, target }: { readonly shadow: Target; readonly target: TableState | undefined },
): Promise<readonly string[]> {
  if (!target) {
    await moveShadow(session, request, shadow);
    return [`created ${request.target.schema}.${request.target.table}`];
  }
  const notes = await keepColumns(session, target, shadow);
  const ownKey = request.mode === 'full_refresh_overwrite' && request.shadow?.replace === false;
  const statements = await dressing(session, target.oid, ownKey);
  await session.run(`drop table ${qualified(request.target)}`);
  await moveShadow(session, request, shadow);
  for (const statement of statements) await session.run(statement);
  return notes;
}

async function keepColumns(session: Session, target: TableState, shadow: Target): Promise<string[]> {
  const fresh = new Map(((await describeTable(session, shadow))?.columns ?? []).map(({ name, type }) => [name, type]));
  const kept = target.columns.filter(({ name }) => !fresh.has(name));
  for (const { name, type } of kept) await session.run(`alter table ${qualified(shadow)} add column ${ident(name)} ${type}`);
  const held = new Map(target.columns.map(({ name, type }) => [name, type]));
  return [...fresh].flatMap(([name, type]) => {
    if (!held.has(name)) return [`added column ${name} ${type}`];
    return held.get(name) === type ? [] : [`changed column ${name} from ${held.get(name)} to ${type}`];
  });
}

async function moveShadow(session: Session, { target, track }: LoadRequest, shadow: Target): Promise<void> {
  const defaults = `alter column "_millrace_run" drop default, alter column "_millrace_extracted_at" drop default`;
  await session.run(`alter table ${qualified(shadow)} ${defaults}`);
  await session.run(`comment on table ${qualified(shadow)} is null`);
  await session.run(vacuumAgain(shadow));
  await session.run(`alter table ${qualified(shadow)} set schema ${ident(target.schema)}`);
  await session.run(`alter table ${ident(target.schema)}.${ident(shadow.table)} rename to ${ident(target.table)}`);
  if (track === 'live') await renameIndexes(session, target, shadow);
}

/** Keys were named after the shadow; the next shadow needs those names again. */
async function renameIndexes(session: Session, target: Target, shadow: Target): Promise<void> {
  const indexes = await session.rows<{ name: string }>(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = ${literal(qualified(target))}::regclass and starts_with(c.relname, ${literal(shadow.table)})`,
  );
  for (const { name } of indexes) {
    const renamed = fitIdentifier(`${target.table}${name.slice(shadow.table.length)}`);
    await session.run(`alter index ${ident(target.schema)}.${ident(name)} rename to ${ident(renamed)}`);
  }
}
