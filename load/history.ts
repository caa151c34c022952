import { batchName, planBatch } from './batch.js';
import { type Publication, noteColumns } from './mirror.js';
import {
  type Dialect,
  type LoadColumn,
  type LoadPlan,
  type LoadShape,
  type PublishStep,
  anyDiffers,
  qualifiedName,
  sameKey,
  systemColumns,
  systemValue,
} from './plan.js';

/** From when to when a version of a row was the current one; `valid_to` is NULL for the current one. */
export const HISTORY_COLUMNS: readonly LoadColumn[] = [
  { name: '_millrace_valid_from', type: 'timestamp with time zone' },
  { name: '_millrace_valid_to', type: 'timestamp with time zone' },
  { name: '_millrace_is_current', type: 'boolean' },
];

const VERSION = '"_millrace_valid_from", "_millrace_valid_to", "_millrace_is_current"';
const END = (asOf: string): string => `"_millrace_valid_to" = ${asOf}, "_millrace_is_current" = false`;

/** scd2 of a stream that was read to its end: versions that have changed or are gone end, new ones begin, at one moment. */
export function planHistory(publication: Publication, dialect: Dialect): readonly PublishStep[] {
  const [target, shadow] = [qualifiedName(publication.target, dialect), qualifiedName(publication.shadow, dialect)];
  const { columns, system, primaryKey } = publication;
  const asOf = `${dialect.literal(publication.asOf)}::timestamptz`;
  const key = sameKey(primaryKey, 'fresh', dialect);
  const names = [...columns, ...system].map(({ name }) => dialect.identifier(name)).join(', ');
  const differs = anyDiffers([...columns, ...noteColumns(publication)], 'fresh', dialect);
  const ended = publication.complete
    ? `not exists (select from ${shadow} as fresh where ${key} and not ${differs})`
    : `exists (select from ${shadow} as fresh where ${key} and ${differs})`;
  return [
    {
      effect: 'ended',
      sql: `update ${target} as held set ${END(asOf)} where "_millrace_is_current" and ${ended}`,
    },
    {
      effect: 'inserted',
      sql: `insert into ${target} (${names}, ${VERSION}) select ${names}, ${asOf}, null, true from ${shadow} as fresh where not exists (select from ${target} as held where ${key} and held."_millrace_is_current")`,
    },
  ];
}

/**
 * scd2 by a cursor: a slice brings new versions only, and what it does not bring is left alone. A version that began in this
 * very run is replaced: nobody could have seen it as the past.
 */
export function planHistorySlice(shape: LoadShape, dialect: Dialect): LoadPlan {
  const batch = planBatch(shape, dialect, { held: 'held."_millrace_is_current"' });
  const target = qualifiedName(shape.target, dialect);
  const asOf = `${dialect.literal(shape.asOf)}::timestamptz`;
  const current = `${sameKey(shape.primaryKey, 'batch', dialect)} and held."_millrace_is_current"`;
  const names = shape.columns.map(({ name }) => dialect.identifier(name));
  const system = systemColumns(shape);
  const into = [...names, ...system.map(({ name }) => dialect.identifier(name)), VERSION].join(', ');
  const values = [...names, ...system.map((column) => systemValue(column, dialect)), asOf, 'null', 'true'];
  const unchanged = `delete from ${batchName(dialect)} as batch using ${target} as held where ${current} and not ${anyDiffers(shape.columns, 'batch', dialect)}`;
  return {
    ...batch,
    supersede: [...batch.supersede, unchanged],
    retire: [
      `delete from ${target} as held using ${batchName(dialect)} as batch where ${current} and held."_millrace_valid_from" >= ${asOf}`,
      `update ${target} as held set ${END(asOf)} from ${batchName(dialect)} as batch where ${current}`,
    ],
    merge: `insert into ${target} (${into}) select ${values.join(', ')} from ${batchName(dialect)}`,
  };
}
