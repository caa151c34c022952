import type { Session } from '../../../postgres/session.js';
import { ident, literal, qualified } from '../../../postgres/sql.js';
import type { Application } from './apply.js';
import { isDataError } from './data-error.js';
import { FINDINGS, NOTES, REJECTED } from './findings.js';
import { TEXTS } from './text-copy.js';
import { valueOf } from './values.js';

const CHECK = '23514';
const FOREIGN_KEY = '23503';

/** The CHECK or foreign key that an error names: of these the rows that break them can be found all at once. */
export function brokenRule(error: unknown): string | undefined {
  const { code, constraint } = error as { readonly code?: string; readonly constraint?: string };
  return code === CHECK || code === FOREIGN_KEY ? constraint : undefined;
}

/** Rejects the rows that break a constraint. @returns false when that cannot be said without trying each row */
export async function rejectByRule(session: Session, application: Application, name: string): Promise<boolean> {
  const rule = await describeRule(session, application, name);
  if (!rule || !rule.columns.every((column) => application.fields.some((field) => field.name === column))) return false;
  await session.run('savepoint millrace_rule');
  try {
    const found = await session.run(breakersSql(application, rule, name));
    await session.run(`delete from ${TEXTS} where arrival in ${REJECTED}`);
    return found > 0;
  } catch (error) {
    if (!isDataError(error) && !isForbidden(error)) throw error;
    await session.run('rollback to savepoint millrace_rule');
    return false;
  }
}

/** The table that a foreign key points to may be hidden from us. */
const isForbidden = (error: unknown): boolean => (error as { readonly code?: string }).code === '42501';

interface Rule {
  readonly state: string;
  /** Of a row `r` that breaks it. */
  readonly broken: string;
  readonly columns: readonly string[];
}

/** None where a trigger may change rows before they are looked at. A key that points to its own table is met by rows of the slice. */
async function describeRule(session: Session, { shape }: Application, name: string): Promise<Rule | undefined> {
  const [found] = await session.rows<{
    type: 'c' | 'f';
    expression: string | null;
    parent: string | null;
    columns: string;
    match: string | null;
  }>(
    `select c.contype as type, pg_get_expr(c.conbin, c.conrelid) as expression, c.confrelid::regclass::text as parent,
       (select json_agg(a.attname order by k.n) from unnest(c.conkey) with ordinality as k(num, n)
          join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num)::text as columns,
       (select string_agg(format('p.%I operator(%I.%s) r.%I', pa.attname, o.oprnamespace::regnamespace::text, o.oprname, a.attname), ' and ')
          from unnest(c.conkey, c.confkey, c.conpfeqop) as k(num, pnum, op) join pg_operator o on o.oid = k.op
          join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.num
          join pg_attribute pa on pa.attrelid = c.confrelid and pa.attnum = k.pnum) as match
     from pg_constraint c where c.conrelid = $1::regclass and c.conname = $2 and c.conkey is not null
       and (c.contype = 'c' or (c.contype = 'f' and c.confmatchtype = 's' and c.confrelid <> c.conrelid))
       and not exists (select 1 from pg_trigger t where t.tgrelid = c.conrelid and not t.tgisinternal and t.tgtype & 3 = 3)`,
    [qualified(shape.target), name],
  );
  if (!found) return undefined;
  const columns = JSON.parse(found.columns) as string[];
  const present = columns.map((column) => `r.${ident(column)} is not null`).join(' and ');
  if (found.type === 'c') return { state: CHECK, broken: `(${found.expression}) is false`, columns };
  return {
    state: FOREIGN_KEY,
    broken: `${present} and not exists (select 1 from ${found.parent} as p where ${found.match})`,
    columns,
  };
}

function breakersSql({ fields, wrong }: Application, { state, broken, columns }: Rule, name: string): string {
  const values = fields
    .filter((field) => columns.includes(field.name))
    .map((field) => `${valueOf(field, wrong)}::${field.targetType} as ${ident(field.name)}`);
  return `insert into ${FINDINGS} (arrival, state, rule, fatal) select r."_mr_arrival", ${literal(state)}, ${literal(name)}, true
    from (select t.arrival as "_mr_arrival", ${values.join(', ')} from ${TEXTS} as t left join ${NOTES} as n using (arrival)) as r where ${broken}`;
}
