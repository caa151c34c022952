import type { Target } from '../schema/types.js';
import { CHANGES_COLUMN, type Dialect, type LoadColumn, type PublishStep, anyDiffers, qualifiedName, sameKey } from './plan.js';

/** A shadow that was read to its end, and the target that is to become equal to it. */
export interface Publication {
  readonly target: Target;
  readonly shadow: Target;
  /** The stream's columns. */
  readonly columns: readonly LoadColumn[];
  /** Columns of ours that the shadow has as well. */
  readonly system: readonly LoadColumn[];
  readonly primaryKey: readonly string[];
  /** What becomes of rows that the shadow does not have. */
  readonly deletes: 'hard' | 'soft';
  /** The target has the column that marks rows as gone. */
  readonly marked: boolean;
  /** The shadow holds every row of the source; rows that were rejected are not in it. */
  readonly complete: boolean;
  /** RFC 3339, UTC. */
  readonly asOf: string;
}

/** When a row was found to be gone; NULL while it is there. */
export const DELETED_AT: LoadColumn = { name: '_millrace_deleted_at', type: 'timestamp with time zone' };

/** A value that was left out may have been NULL before: the row must say so all the same. */
export const noteColumns = ({ system }: Publication): readonly LoadColumn[] =>
  system.filter(({ name }) => name === CHANGES_COLUMN.name);

/**
 * mirror: the difference between shadow and target, so that rows that did not change are not written. Only a shadow that was
 * read to its end may be published: a row that was merely not read yet would look like one that is gone.
 */
export function planMirror(publication: Publication, dialect: Dialect): readonly PublishStep[] {
  const { marked, primaryKey } = publication;
  const id = (name: string): string => dialect.identifier(name);
  const [target, shadow] = [qualifiedName(publication.target, dialect), qualifiedName(publication.shadow, dialect)];
  const key = sameKey(primaryKey, 'fresh', dialect);
  const written = [...publication.columns.filter(({ name }) => !primaryKey.includes(name)), ...publication.system];
  const names = [...publication.columns, ...publication.system].map(({ name }) => id(name)).join(', ');
  const deletedAt = id(DELETED_AT.name);
  const assigned = [...written.map(({ name }) => `${id(name)} = fresh.${id(name)}`), ...(marked ? [`${deletedAt} = null`] : [])];
  const values = publication.columns.filter(({ name }) => !primaryKey.includes(name));
  const differs = anyDiffers(values.length === 0 ? [] : [...values, ...noteColumns(publication)], 'fresh', dialect);
  const gone = `not exists (select from ${shadow} as fresh where ${key})`;
  const present = marked ? `(held.${deletedAt} is not null or ${differs})` : differs;
  const removed =
    publication.deletes === 'soft'
      ? `update ${target} as held set ${deletedAt} = ${dialect.literal(publication.asOf)}::timestamptz where ${deletedAt} is null and ${gone}`
      : `delete from ${target} as held where ${gone}`;
  return [
    ...(publication.complete ? [{ effect: 'deleted', sql: removed } as const] : []),
    {
      effect: 'updated',
      sql: `update ${target} as held set ${assigned.join(', ')} from ${shadow} as fresh where ${key} and ${present}`,
    },
    {
      effect: 'inserted',
      sql: `insert into ${target} (${names}) select ${names} from ${shadow} as fresh where not exists (select from ${target} as held where ${key})`,
    },
  ];
}
