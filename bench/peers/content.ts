import { query } from '../support/database.js';

export interface TableColumn {
  readonly name: string;
  /** As Postgres prints it, with length or precision. */
  readonly type: string;
  readonly notNull: boolean;
}

/** How a copied table compares with its source. */
export interface ContentReport {
  readonly rows: { readonly source: number; readonly target: number };
  /** Columns of which a value differs. */
  readonly changed: readonly string[];
  /** Columns that the target does not have. */
  readonly missing: readonly string[];
  /** Columns of another type, with that type; their values may be the same. */
  readonly retyped: Readonly<Record<string, string>>;
}

export interface Compared {
  readonly source: string;
  readonly destination: string;
  readonly table: string;
  readonly key: readonly string[];
}

export function columnsOf(url: string, table: string): Promise<TableColumn[]> {
  return query<TableColumn>(
    url,
    `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "notNull" from pg_attribute
      where attrelid = to_regclass('public.${table}') and attnum > 0 and not attisdropped order by attnum`,
  );
}

/** A table of the same columns, without keys. */
export async function tableDdl(url: string, table: string): Promise<string> {
  const columns = await columnsOf(url, table);
  const lines = columns.map(({ name, type, notNull }) => `"${name}" ${type}${notNull ? ' not null' : ''}`);
  return `create table ${table} (${lines.join(', ')})`;
}

/** Compares every column by a hash over all rows, each value bound to its row's key. */
export async function compareContent({ source, destination, table, key }: Compared): Promise<ContentReport> {
  const [wanted, held] = [await columnsOf(source, table), await columnsOf(destination, table)];
  const common = wanted.filter(({ name }) => held.some((column) => column.name === name));
  const from = await hashes(source, table, expressions(common, wanted), key);
  const to = await hashes(destination, table, expressions(common, held), key);
  return {
    rows: { source: Number(from['rows']), target: Number(to['rows']) },
    changed: common.map(({ name }) => name).filter((name) => from[name] !== to[name]),
    missing: wanted.map(({ name }) => name).filter((name) => !common.some((column) => column.name === name)),
    retyped: retypedColumns(common, held),
  };
}

export function retypedColumns(wanted: readonly TableColumn[], held: readonly TableColumn[]): Record<string, string> {
  const others = wanted.flatMap(({ name, type }) => held.filter((column) => column.name === name && column.type !== type));
  return Object.fromEntries(others.map(({ name, type }) => [name, type]));
}

/**
 * Per column the SQL text that stands for its value. A column of another type is read back into the source's type, so that only
 * a value that is lost counts as changed, not how it is stored.
 */
export function expressions(wanted: readonly TableColumn[], held: readonly TableColumn[]): Record<string, string> {
  const typeHeld = new Map(held.map(({ name, type }) => [name, type]));
  return Object.fromEntries(
    wanted.map(({ name, type }) => [name, typeHeld.get(name) === type ? `"${name}"::text` : readBack(`"${name}"::text`, type)]),
  );
}

const readBack = (text: string, type: string): string =>
  `case when pg_input_is_valid(${text}, '${type}') then ${text}::${type}::text else ${text} end`;

async function hashes(
  url: string,
  table: string,
  values: Readonly<Record<string, string>>,
  key: readonly string[],
): Promise<Record<string, string>> {
  const rowKey = key.map((name) => `(${values[name]})`).join(` || '/' || `);
  const sums = Object.entries(values).map(
    ([name, value]) => `sum(hashtextextended(${rowKey} || coalesce('=' || (${value}), ''), 0)) as "${name}"`,
  );
  const [row] = await query<Record<string, string>>(
    inUtc(url),
    `select count(*) as rows, ${sums.join(', ')} from public.${table}`,
  );
  return row ?? {};
}

/** Timestamps of both sides are printed, and read back, in one zone. */
export function inUtc(url: string): string {
  const found = new URL(url);
  found.searchParams.set('options', '-c TimeZone=UTC');
  return found.href;
}
