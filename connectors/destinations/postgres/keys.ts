import type { TableShape } from '../../../load/index.js';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { ident, literal, qualified } from '../../postgres/sql.js';

/** Ends the names of unique indexes that are ours, unlike those that people made. */
export const KEY_INDEX = '_millrace_key';
const CURRENT = '_millrace_is_current';

/** A merge needs a unique index on exactly the key; of a history, among current versions. */
export async function ensureKeys(session: Session, target: Target, wanted: TableShape): Promise<void> {
  if (wanted.primaryKey.length > 0) await ensureUnique(session, target, wanted.primaryKey);
  if (wanted.currentKey.length > 0) await ensureUnique(session, target, wanted.currentKey, CURRENT);
}

export async function ensureUnique(
  session: Session,
  target: Target,
  key: readonly string[],
  where: string | null = null,
): Promise<void> {
  const [index] = await session.rows(
    `select 1 from pg_index i where i.indrelid = to_regclass($1) and i.indisunique and i.indisvalid
       and pg_get_expr(i.indpred, i.indrelid) is not distinct from $3
       and (select array_agg(a.attname::text order by a.attname::text) from unnest(i.indkey) k(n) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n)
         = (select array_agg(k order by k) from unnest($2::text[]) k)`,
    [qualified(target), key, where],
  );
  if (index) return;
  const name = fitIdentifier(`${target.table}${KEY_INDEX}`);
  const condition = where === null ? '' : ` where ${where}`;
  await session.run(`create unique index ${ident(name)} on ${qualified(target)} (${key.map(ident).join(', ')})${condition}`);
}

/** Takes away keys that another mode, or another key of the stream, had needed; those that people made stay. */
export async function dropOtherKeys(session: Session, target: Target, wanted: TableShape): Promise<void> {
  const rows = await session.rows<{ drop: string }>(
    `select case when k.oid is null then format('drop index %s', i.indexrelid::regclass) else format('alter table %s drop constraint %I', i.indrelid::regclass, k.conname) end as drop
     from pg_index i join pg_class c on c.oid = i.indexrelid left join pg_constraint k on k.conindid = i.indexrelid and k.contype = 'p'
     where i.indrelid = to_regclass(${literal(qualified(target))}) and (k.oid is not null or c.relname like '%\\_millrace\\_key')
       and (select array_agg(a.attname::text order by a.attname::text) from unnest(i.indkey) n(n) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = n.n)
         is distinct from (select array_agg(n order by n) from unnest($1::text[]) n)`,
    [wanted.primaryKey],
  );
  for (const { drop } of rows) await session.run(drop);
}
