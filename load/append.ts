import { type Dialect, type LoadPlan, type LoadShape, qualifiedName, sliceColumns } from './plan.js';

/** incremental_append: every row once, as it comes. The chain of the ledger keeps it effectively-once (I2). */
export function planAppend(shape: LoadShape, dialect: Dialect): LoadPlan {
  return {
    into: 'target',
    before: [],
    relation: qualifiedName(shape.target, dialect),
    copyColumns: [...shape.columns, ...sliceColumns(shape)].map((column) => column.name),
    supersede: [],
    retire: [],
  };
}
