import { type Dialect, type LoadPlan, type LoadShape, qualifiedName, sliceColumns } from './plan.js';

/**
 * A slice of a stream that is read as a whole: into a shadow that nobody reads, whose last slice publishes it (I5). System
 * columns take their value from a default that is changed for every slice, which nobody else's lock can hold up.
 */
export function planOverwrite(shape: LoadShape, dialect: Dialect): LoadPlan {
  const relation = qualifiedName(shape.target, dialect);
  const defaults = sliceColumns(shape).map(
    (column) => `alter column ${dialect.identifier(column.name)} set default ${dialect.literal(column.value)}::${column.type}`,
  );
  return {
    into: 'shadow',
    before: [`alter table ${relation} ${defaults.join(', ')}`],
    relation,
    copyColumns: shape.columns.map((column) => column.name),
    supersede: [],
    retire: [],
  };
}
