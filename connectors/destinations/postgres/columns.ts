import type { LoadColumn } from '../../../load/plan.js';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Session } from '../../postgres/session.js';
import { ident, literal, qualified } from '../../postgres/sql.js';
import { columnType } from '../../postgres/types.js';
import type { StagedColumn } from '../../sdk/destination.js';
import { type LoadTarget, ensureSchema, lockShared } from './target.js';

/** Types that name an object of the source's server: their text is kept, the type has no meaning elsewhere. */
const LOCAL_ONLY = /^(reg[a-z]+|aclitem|pg_node_tree)(\[\])?$/;

/**
 * The destination's columns. A value from Postgres keeps its exact type; enums are created beside the target; a type of an
 * extension that is not installed here becomes text.
 */
export async function targetColumns(session: Session, request: LoadTarget): Promise<LoadColumn[]> {
  const known = await knownTypes(session, request.columns);
  const domains = await targetDomains(session, request);
  const columns: LoadColumn[] = [];
  for (const column of request.columns) {
    const name = fitIdentifier(column.name);
    columns.push({ name, type: domains.get(name) ?? (await typeOf(session, request, column, known)) });
  }
  return columns;
}

/**
 * A domain in the target was chosen by its owner and stays: values that it does not take are bad rows (I7). Rows in binary
 * form need the very types of the source; the cursor's are compared.
 */
async function targetDomains(session: Session, request: LoadTarget): Promise<ReadonlyMap<string, string>> {
  if (request.segments.some(({ format }) => format !== 'parquet')) return new Map();
  const rows = await session.rows<LoadColumn>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped and t.typtype = 'd' and a.attname is distinct from $2`,
    [qualified(request.target), request.cursorField === undefined ? null : fitIdentifier(request.cursorField)],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}

async function typeOf(session: Session, request: LoadTarget, column: StagedColumn, known: ReadonlySet<string>): Promise<string> {
  const native = column.native;
  if (native?.system !== 'postgres') return columnType(column.type);
  if (LOCAL_ONLY.test(native.type)) return 'text';
  if (native.definition) return enumType(session, request, native.type, native.definition.labels);
  return known.has(native.type) ? native.type : 'text';
}

async function knownTypes(session: Session, columns: readonly StagedColumn[]): Promise<ReadonlySet<string>> {
  const names = [...new Set(columns.flatMap((column) => (column.native?.system === 'postgres' ? [column.native.type] : [])))];
  const bare = names.map((name) => name.replace(/\(.*?\)/, ''));
  const rows = await session.rows<{ name: string }>(
    `select n as name from unnest($1::text[], $2::text[]) as t(n, bare) where to_regtype(bare) is not null`,
    [names, bare],
  );
  return new Set(rows.map((row) => row.name));
}

/** An enum with the same labels, in the target's schema; labels that came later are added, none is ever removed. */
async function enumType(session: Session, request: LoadTarget, native: string, labels: readonly string[]): Promise<string> {
  const isArray = native.endsWith('[]');
  const name = unqualified(isArray ? native.slice(0, -2) : native);
  const type = `${ident(request.target.schema)}.${ident(name)}`;
  await ensureSchema(session, request.target.schema);
  let held = await enumLabels(session, request.target.schema, name);
  if (held.length === 0) {
    await lockShared(session);
    held = await enumLabels(session, request.target.schema, name);
  }
  if (held.length === 0) await session.run(`create type ${type} as enum (${labels.map(literal).join(', ')})`);
  const missing = held.length === 0 ? [] : labels.filter((label) => !held.includes(label));
  for (const label of missing) await session.run(`alter type ${type} add value if not exists ${literal(label)}`);
  // a plan has not made it
  const [printed] = await session.rows<{ type: string }>(
    `select coalesce(format_type(to_regtype(${literal(type)}), null), format('%I.%I', $1::text, $2::text)) as type`,
    [request.target.schema, name],
  );
  return isArray ? `${printed?.type}[]` : (printed?.type ?? 'text');
}

/** Labels of an enum; none when there is no such type. */
async function enumLabels(session: Session, schema: string, name: string): Promise<string[]> {
  const rows = await session.rows<{ label: string }>(
    `select e.enumlabel as label from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_enum e on e.enumtypid = t.oid
     where n.nspname = $1 and t.typname = $2`,
    [schema, name],
  );
  return rows.map((row) => row.label);
}

/** `public.mood` and `"odd schema"."odd name"` → the type's own name. */
function unqualified(native: string): string {
  const last = /(?:"((?:[^"]|"")*)"|([^".]+))$/.exec(native);
  return (last?.[1]?.replaceAll('""', '"') ?? last?.[2] ?? native).trim();
}
