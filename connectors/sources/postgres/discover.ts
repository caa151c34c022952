import { MillraceError } from '../../../platform/errors/error.js';
import type { Catalog, Field, StreamDescription } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { type Session, openSession } from '../../postgres/session.js';
import { type CatalogType, logicalType } from '../../postgres/types.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresSourceConfig } from './config.js';
import { cursorType } from '../../sdk/cursor.js';

interface RelationRow {
  readonly stream: string;
  readonly kind: string;
  readonly rows: string;
  readonly key: readonly string[] | null;
  readonly columns: readonly ColumnRow[];
}

interface ColumnRow extends CatalogType {
  readonly column: string;
  readonly nullable: boolean;
}

const KINDS: Readonly<Record<string, StreamDescription['kind']>> = {
  r: 'table',
  v: 'view',
  m: 'view',
  p: 'partitioned',
  f: 'foreign',
};

/** A domain counts as its base type. The key is the primary key, else the first unique index without NULLs or conditions. */
const RELATIONS = `
with recursive wanted as (
  select c.oid, n.nspname || '.' || c.relname as stream, c.relkind, c.reltuples
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r','v','m','p','f') and not c.relispartition
    and n.nspname not in ('pg_catalog','information_schema','_millrace') and n.nspname !~ '^pg_(toast|temp)'
    and ($1::text[] is null or n.nspname = any($1)) and ($2::text[] is null or n.nspname || '.' || c.relname = any($2))
    and has_table_privilege(c.oid, 'select')
), base as (
  select a.attrelid, a.attnum, a.atttypid as typid, a.atttypmod as typmod from pg_attribute a join wanted w on w.oid = a.attrelid
  where a.attnum > 0 and not a.attisdropped
  union all
  select b.attrelid, b.attnum, t.typbasetype, case when t.typtypmod = -1 then b.typmod else t.typtypmod end
  from base b join pg_type t on t.oid = b.typid where t.typtype = 'd'
), columns as (
  select a.attrelid, json_agg(json_build_object(
      'column', a.attname, 'nullable', not a.attnotnull, 'name', e.typname, 'kind', e.typtype, 'isArray', t.typcategory = 'A' and t.typelem <> 0,
      'builtIn', e.typnamespace = 'pg_catalog'::regnamespace, 'formatted', format_type(b.typid, b.typmod),
      'labels', (select json_agg(l.enumlabel order by l.enumsortorder) from pg_enum l where l.enumtypid = e.oid)) order by a.attnum) as columns
  from base b join pg_attribute a using (attrelid, attnum) join pg_type t on t.oid = b.typid
  join pg_type e on e.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
  where t.typtype <> 'd' group by a.attrelid
), keys as (
  select distinct on (i.indrelid) i.indrelid,
    (select json_agg(a.attname order by k.n) from unnest(i.indkey) with ordinality k(attnum, n)
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum where k.n <= i.indnkeyatts) as key
  from pg_index i join wanted w on w.oid = i.indrelid
  where i.indisunique and i.indisvalid and i.indpred is null and 0 <> all (i.indkey::int2[])
    and not exists (select from unnest(i.indkey) k(attnum) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum where not a.attnotnull)
  order by i.indrelid, i.indisprimary desc, i.indexrelid
)
select w.stream, w.relkind::text as kind, w.reltuples::bigint::text as rows, k.key, coalesce(c.columns, '[]'::json) as columns
from wanted w left join columns c on c.attrelid = w.oid left join keys k on k.indrelid = w.oid order by w.stream`;

export async function discover(context: ConnectorContext<PostgresSourceConfig>, streams?: readonly string[]): Promise<Catalog> {
  await using session = await openSession(context.config, context);
  return { streams: await describeStreams(session, { streams, schemas: context.config.schemas }) };
}

export async function describeStreams(
  session: Session,
  only: { readonly streams?: readonly string[] | undefined; readonly schemas?: readonly string[] | undefined },
): Promise<StreamDescription[]> {
  const relations = await session
    .rows<Record<keyof RelationRow, string | null>>(RELATIONS, [only.schemas ?? null, only.streams ?? null])
    .catch((error: unknown) => {
      throw postgresError(error, 'Cannot read the catalog');
    });
  return relations.map((row) => describeRelation(parseRelation(row)));
}

function parseRelation(row: Record<keyof RelationRow, string | null>): RelationRow {
  return {
    stream: row.stream ?? '',
    kind: row.kind ?? '',
    rows: row.rows ?? '-1',
    key: row.key === null ? null : (JSON.parse(row.key) as string[]),
    columns: JSON.parse(row.columns ?? '[]') as ColumnRow[],
  };
}

function describeRelation(relation: RelationRow): StreamDescription {
  const fields = relation.columns.map(describeColumn);
  const kind = KINDS[relation.kind];
  return {
    name: relation.stream,
    fields,
    cursorCandidates: fields
      .filter((field) => cursorType(field) !== undefined && field.type !== 'string')
      .map((field) => field.name),
    ...(relation.key ? { primaryKey: relation.key } : {}),
    ...(Number(relation.rows) >= 0 ? { estimatedRows: Number(relation.rows) } : {}),
    ...(kind ? { kind } : {}),
  };
}

function describeColumn(column: ColumnRow): Field {
  const definition = column.kind === 'e' && column.labels ? { definition: { kind: 'enum' as const, labels: column.labels } } : {};
  return {
    name: column.column,
    type: logicalType(column),
    nullable: column.nullable,
    native: { system: 'postgres', type: column.formatted, ...definition },
  };
}

/** @throws MillraceError `source.stream_missing` */
export async function describeStream(session: Session, stream: string): Promise<StreamDescription> {
  const [found] = await describeStreams(session, { streams: [stream] });
  if (found) return found;
  throw new MillraceError('source.stream_missing', {
    detail: `There is no table or view ${stream} that this user may read.`,
    stream,
  });
}
