import { MillraceError } from '../../../platform/errors/error.js';
import type { Catalog, Field, StreamDescription } from '../../../schema/types.js';
import { cursorType } from '../../sdk/cursor.js';
import type { ConnectorContext } from '../../sdk/types.js';
import { type MysqlSourceConfig, discoveredDatabases } from './config.js';
import { mysqlError } from './errors.js';
import { type Session, openSession } from './session.js';
import { literal, splitStream } from './sql.js';
import { type ColumnType, logicalType } from './types.js';

const SYSTEM_DATABASES = `('mysql', 'information_schema', 'performance_schema', 'sys', '_millrace')`;

/** What else is known of a relation than a catalog says. */
export interface Relation {
  readonly stream: StreamDescription;
  /** None for a view. */
  readonly engine: string | null;
  /** A guess; null for a view. */
  readonly rows: number | null;
  /** Of all rows, by the server's statistics. */
  readonly bytes: number;
  /** Of the key of the stream. */
  readonly keyIndex: string | undefined;
  readonly columns: ReadonlyMap<string, Column>;
}

export interface Column extends ColumnType {
  readonly collation: string | null;
}

type Row<Names extends string> = Readonly<Record<Names, string | null>>;
type TableRow = Row<'db' | 'name' | 'kind' | 'engine' | 'n' | 'bytes'>;
type ColumnRow = Row<'db' | 'tbl' | 'name' | 'nullable' | 'data_type' | 'column_type' | 'charset' | 'collation'>;
type KeyRow = Row<'db' | 'tbl' | 'name' | 'col' | 'usable'>;
type JsonRow = Row<'db' | 'tbl' | 'clause'>;

export async function discover(context: ConnectorContext<MysqlSourceConfig>, streams?: readonly string[]): Promise<Catalog> {
  await using session = await openSession(context.config, context);
  const relations = await relationsOf(session, context.config, streams);
  return { streams: relations.map(({ stream }) => stream) };
}

/** @throws MillraceError `source.stream_missing` */
export async function describeRelation(session: Session, config: MysqlSourceConfig, stream: string): Promise<Relation> {
  const [found] = await relationsOf(session, config, [stream]);
  if (found) return found;
  throw new MillraceError('source.stream_missing', {
    detail: `There is no table or view ${stream} that this user may read.`,
    stream,
  });
}

async function relationsOf(session: Session, config: MysqlSourceConfig, streams?: readonly string[]): Promise<Relation[]> {
  const only = (database: string, table: string): string => {
    if (streams) return wanted(streams, database, table);
    const databases = discoveredDatabases(config);
    return databases ? `${database} in (${databases.map(literal).join(', ')})` : `${database} not in ${SYSTEM_DATABASES}`;
  };
  if (streams?.length === 0) return [];
  try {
    const tables = await session.rows<TableRow>(
      `select table_schema as db, table_name as name, table_type as kind, engine as engine, table_rows as n,
         coalesce(data_length, 0) as bytes from information_schema.tables
       where table_type in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') and ${only('table_schema', 'table_name')} order by 1, 2`,
    );
    const columns = await session.rows<ColumnRow>(
      `select table_schema as db, table_name as tbl, column_name as name, is_nullable as nullable, data_type as data_type,
         column_type as column_type, character_set_name as charset, collation_name as collation
       from information_schema.columns where ${only('table_schema', 'table_name')} order by 1, 2, ordinal_position`,
    );
    const keys = await session.rows<KeyRow>(
      `select table_schema as db, table_name as tbl, index_name as name, column_name as col,
         (column_name is not null and sub_part is null and coalesce(nullable, '') <> 'YES') as usable
       from information_schema.statistics where non_unique = 0 and ${only('table_schema', 'table_name')}
       order by 1, 2, index_name <> 'PRIMARY', index_name, seq_in_index`,
    );
    const json = await jsonColumns(session, only);
    return assemble({ tables, columns, keys, json }, config);
  } catch (error) {
    throw mysqlError(error, 'Cannot read the catalog');
  }
}

/** Names are compared by their bytes: the collation of information_schema would take `A` for `a`. */
function wanted(streams: readonly string[], database: string, table: string): string {
  const any = streams.map((stream) => {
    const { database: db, table: name } = splitStream(stream);
    const same = (column: string, value: string): string =>
      `${column} = ${literal(value)} and cast(${column} as binary) = cast(${literal(value)} as binary)`;
    return `(${same(database, db)} and ${same(table, name)})`;
  });
  return `(${any.join(' or ')})`;
}

async function jsonColumns(session: Session, only: (database: string, table: string) => string): Promise<readonly JsonRow[]> {
  if (!session.isMariadb) return [];
  return session.rows<JsonRow>(
    `select constraint_schema as db, table_name as tbl, check_clause as clause from information_schema.check_constraints
     where check_clause like 'json_valid(%' and ${only('constraint_schema', 'table_name')}`,
  );
}

interface Found {
  readonly tables: readonly TableRow[];
  readonly columns: readonly ColumnRow[];
  readonly keys: readonly KeyRow[];
  readonly json: readonly JsonRow[];
}

function assemble({ tables, columns, keys, json }: Found, config: MysqlSourceConfig): Relation[] {
  const columnsOf = groups(columns);
  const keysOf = groups(keys);
  const jsonOf = groups(json);
  return tables.map((table) => {
    const name = `${table.db}.${table.name}`;
    const checked = new Set((jsonOf.get(name) ?? []).map(({ clause }) => clause));
    const described = (columnsOf.get(name) ?? []).map((row) => ({ row, column: columnOf(row, checked) }));
    return relationFrom(table, described, { name, key: keyOf(keysOf.get(name) ?? []), config });
  });
}

function relationFrom(
  table: TableRow,
  described: readonly { readonly row: ColumnRow; readonly column: Column }[],
  { name, key, config }: { readonly name: string; readonly key: Key | undefined; readonly config: MysqlSourceConfig },
): Relation {
  const fields = described.map(({ row, column }) => fieldOf(row, column, config));
  const rows = table.n === null ? null : Number(table.n);
  return {
    stream: {
      name,
      fields,
      cursorCandidates: fields
        .filter((field) => cursorType(field) !== undefined && field.type !== 'string' && field.type !== 'uuid')
        .map((field) => field.name),
      ...(key ? { primaryKey: key.columns } : {}),
      ...(rows === null ? {} : { estimatedRows: rows }),
      kind: table.kind === 'VIEW' ? 'view' : 'table',
    },
    engine: table.engine,
    rows,
    bytes: Number(table.bytes),
    keyIndex: key?.index,
    columns: new Map(described.map(({ row, column }) => [row.name ?? '', column])),
  };
}

function columnOf(row: ColumnRow, checked: ReadonlySet<string | null>): Column {
  return {
    dataType: (row.data_type ?? '').toLowerCase(),
    columnType: (row.column_type ?? '').toLowerCase(),
    charset: row.charset,
    collation: row.collation,
    isJson: checked.has(`json_valid(\`${(row.name ?? '').replaceAll('`', '``')}\`)`),
  };
}

function fieldOf(row: ColumnRow, column: Column, config: MysqlSourceConfig): Field {
  return {
    name: row.name ?? '',
    type: logicalType(column, config),
    nullable: row.nullable === 'YES',
    native: { system: 'mysql', type: row.column_type ?? '' },
  };
}

interface Key {
  readonly index: string;
  readonly columns: readonly string[];
}

/** The primary key, else the first unique index over whole columns without NULLs. */
function keyOf(rows: readonly KeyRow[]): Key | undefined {
  const indexes = grouped(rows, ({ name }) => name ?? '');
  for (const [index, parts] of indexes)
    if (parts.every(({ usable }) => usable === '1')) return { index, columns: parts.map(({ col }) => col ?? '') };
  return undefined;
}

const groups = <T extends Row<'db' | 'tbl'>>(rows: readonly T[]): ReadonlyMap<string, readonly T[]> =>
  grouped(rows, ({ db, tbl }) => `${db}.${tbl}`);

function grouped<T>(rows: readonly T[], keyOfRow: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const group = found.get(keyOfRow(row));
    if (group) group.push(row);
    else found.set(keyOfRow(row), [row]);
  }
  return found;
}
