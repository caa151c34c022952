import {
  CHANGES_COLUMN,
  type Dialect,
  type LoadColumn,
  type LoadPlan,
  type LoadShape,
  type SystemColumn,
  systemColumns,
} from './plan.js';

const BATCH = '_millrace_batch';
/** Arrival order within the slice. */
const ARRIVAL = '_millrace_arrival';

/**
 * incremental_deduped: one row per key. Within the slice the newest row wins (cursor, then arrival); against the target an
 * older row never overwrites a newer one. `last_load_wins` looks at arrival only.
 */
export function planDeduped(shape: LoadShape, dialect: Dialect): LoadPlan {
  const id = (name: string): string => dialect.identifier(name);
  const columns = [...shape.columns, ...(shape.notesChanges ? [CHANGES_COLUMN] : [])].map(
    (column) => `${id(column.name)} ${column.type}`,
  );
  return {
    into: 'batch',
    before: [
      `create temporary table ${id(BATCH)} (${columns.join(', ')}, ${id(ARRIVAL)} bigint generated always as identity) on commit drop`,
    ],
    relation: `pg_temp.${id(BATCH)}`,
    copyColumns: shape.columns.map((column) => column.name),
    merge: mergeSql(shape, dialect),
  };
}

function mergeSql(shape: LoadShape, dialect: Dialect): string {
  const id = (name: string): string => dialect.identifier(name);
  const names = shape.columns.map((column) => id(column.name));
  const system = systemColumns(shape);
  const keys = shape.primaryKey.map(id);
  const cursor = shape.dedup === 'newest_wins' ? shape.cursor : undefined;
  const order = [...(cursor ? [`${comparable(cursor, '', dialect)} desc nulls last`] : []), `${id(ARRIVAL)} desc`];
  const replaced = [...shape.columns.filter((column) => !shape.primaryKey.includes(column.name)), ...system].map(
    (column) => `${id(column.name)} = excluded.${id(column.name)}`,
  );
  return [
    `insert into ${id(shape.target.schema)}.${id(shape.target.table)} as target (${[...names, ...system.map((column) => id(column.name))].join(', ')})`,
    `select ${[...names, ...system.map((column) => systemValue(column, dialect))].join(', ')}`,
    `from (select *, row_number() over (partition by ${keys.join(', ')} order by ${order.join(', ')}) as "_millrace_rank" from pg_temp.${id(BATCH)}) as batch`,
    `where "_millrace_rank" = 1`,
    `on conflict (${keys.join(', ')}) do update set ${replaced.join(', ')}`,
    ...(cursor ? [`where ${incomingIsNewer(cursor, dialect)}`] : []),
  ].join('\n');
}

/** What each row has of its own stands in the batch. */
function systemValue({ name, type, value }: SystemColumn, dialect: Dialect): string {
  return value === undefined ? dialect.identifier(name) : `${dialect.literal(value)}::${type}`;
}

function comparable(cursor: LoadColumn, prefix: string, dialect: Dialect): string {
  return dialect.comparable(`${prefix}${dialect.identifier(cursor.name)}`, cursor.type);
}

function incomingIsNewer(cursor: LoadColumn, dialect: Dialect): string {
  const incoming = comparable(cursor, 'excluded.', dialect);
  const held = comparable(cursor, 'target.', dialect);
  return `${held} is null or ${incoming} >= ${held}`;
}
