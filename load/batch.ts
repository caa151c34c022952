import { CHANGES_COLUMN, type Dialect, type LoadColumn, type LoadPlan, type LoadShape, qualifiedName, sameKey } from './plan.js';

const BATCH = '_millrace_batch';
/** Arrival order within the slice. */
const ARRIVAL = '_millrace_arrival';

/** A slice beside the target, where rows can be compared with each other and with what is held before they are merged. */
export function planBatch(
  shape: LoadShape,
  dialect: Dialect,
  { held = 'true' }: { /** Which rows of the target count. */ readonly held?: string } = {},
): Pick<LoadPlan, 'into' | 'before' | 'relation' | 'copyColumns' | 'supersede'> {
  const id = (name: string): string => dialect.identifier(name);
  const columns = [...shape.columns, ...(shape.notesChanges ? [CHANGES_COLUMN] : [])].map(
    (column) => `${id(column.name)} ${column.type}`,
  );
  const cursor = shape.dedup === 'newest_wins' ? shape.cursor : undefined;
  return {
    into: 'batch',
    before: [
      `create temporary table ${id(BATCH)} (${columns.join(', ')}, ${id(ARRIVAL)} bigint generated always as identity) on commit drop`,
    ],
    relation: batchName(dialect),
    copyColumns: shape.columns.map((column) => column.name),
    supersede: [
      ...(shape.uniqueKey ? [] : [dropDuplicates(shape, cursor, dialect)]),
      ...(cursor ? [dropOlder(shape, cursor, { dialect, among: held })] : []),
    ],
  };
}

export const batchName = (dialect: Dialect): string => `pg_temp.${dialect.identifier(BATCH)}`;

/** Of rows with one key the newest stays: by the cursor, then by arrival. */
function dropDuplicates(shape: LoadShape, cursor: LoadColumn | undefined, dialect: Dialect): string {
  const arrival = dialect.identifier(ARRIVAL);
  const keys = shape.primaryKey.map((name) => dialect.identifier(name)).join(', ');
  const newest = [...(cursor ? [`${comparable(cursor, '', dialect)} desc nulls last`] : []), `${arrival} desc`].join(', ');
  return [
    `delete from ${batchName(dialect)} where ${arrival} in`,
    `(select ${arrival} from (select ${arrival}, row_number() over (partition by ${keys} order by ${newest}) as place from ${batchName(dialect)}) as ranked where place > 1)`,
  ].join('\n');
}

/** An older row never overwrites a newer one. */
function dropOlder(
  shape: LoadShape,
  cursor: LoadColumn,
  { dialect, among }: { readonly dialect: Dialect; readonly among: string },
): string {
  const [held, incoming] = [comparable(cursor, 'held.', dialect), comparable(cursor, 'batch.', dialect)];
  return [
    `delete from ${batchName(dialect)} as batch using ${qualifiedName(shape.target, dialect)} as held`,
    `where ${sameKey(shape.primaryKey, 'batch', dialect)} and ${among} and (${incoming} < ${held} or (${incoming} is null and ${held} is not null))`,
  ].join('\n');
}

function comparable(cursor: LoadColumn, prefix: string, dialect: Dialect): string {
  return dialect.comparable(`${prefix}${dialect.identifier(cursor.name)}`, cursor.type);
}
