import { batchName, planBatch } from './batch.js';
import { type Dialect, type LoadPlan, type LoadShape, qualifiedName, systemColumns, systemValue } from './plan.js';

/**
 * incremental_deduped: one row per key. Within the slice the newest row wins (cursor, then arrival); against the target an
 * older row never overwrites a newer one. `last_load_wins` looks at arrival only.
 */
export function planDeduped(shape: LoadShape, dialect: Dialect): LoadPlan {
  return { ...planBatch(shape, dialect), retire: [], merge: mergeSql(shape, dialect) };
}

function mergeSql(shape: LoadShape, dialect: Dialect): string {
  const id = (name: string): string => dialect.identifier(name);
  const names = shape.columns.map((column) => id(column.name));
  const system = systemColumns(shape);
  const replaced = [...shape.columns.filter((column) => !shape.primaryKey.includes(column.name)), ...system].map(
    (column) => `${id(column.name)} = excluded.${id(column.name)}`,
  );
  return [
    `insert into ${qualifiedName(shape.target, dialect)} (${[...names, ...system.map((column) => id(column.name))].join(', ')})`,
    `select ${[...names, ...system.map((column) => systemValue(column, dialect))].join(', ')} from ${batchName(dialect)}`,
    `on conflict (${shape.primaryKey.map(id).join(', ')}) do update set ${replaced.join(', ')}`,
  ].join('\n');
}
