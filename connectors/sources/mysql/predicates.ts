import type { Field } from '../../../schema/types.js';
import { type FirstRead, firstReadCondition } from '../../sdk/cursor-read.js';
import type { ReadRequest } from '../../sdk/types.js';
import { mysqlWords } from './cursor.js';
import type { Relation } from './discover.js';
import { ident } from './sql.js';
import { isOrdered, valueSql } from './values.js';

export const firstReadWhere = (first: FirstRead, nullCursor: ReadRequest['nullCursor']): string =>
  firstReadCondition(mysqlWords, first, nullCursor);

/**
 * Rows after a key, in key order; all of them when there is no key yet. Comparisons of rows would read the whole index, so
 * `(a, b) > (1, 2)` is spelled out. Every part is compared by its column's own collation: what that takes for equal cannot be
 * two keys, and the order is that of the index.
 */
export function keysetWhere(relation: Relation, key: readonly Field[], after: readonly string[] | undefined): string {
  if (!after) return 'true';
  const parts = key.map((field, index) => ({
    column: ident(field.name),
    value: valueSql(field, relation.columns.get(field.name), after[index] ?? ''),
  }));
  const [first] = parts;
  const anyOf = parts.map(({ column, value }, index) => {
    const equal = parts.slice(0, index).map((part) => `${part.column} = ${part.value}`);
    return `(${[...equal, `${column} > ${value}`].join(' and ')})`;
  });
  return parts.length === 1 ? anyOf.join('') : `(${first?.column} >= ${first?.value} and (${anyOf.join(' or ')}))`;
}

/** The fields of the stream's key, where rows can be read in its order from any key on. */
export function keyFields(request: ReadRequest, relation: Relation): readonly Field[] | undefined {
  const fields = (request.stream.primaryKey ?? []).map((name) => request.fields.find((field) => field.name === name));
  const known = fields.filter((field) => field !== undefined);
  const usable = known.length === fields.length && known.every((field) => isOrdered(field, relation.columns.get(field.name)));
  return usable && known.length > 0 ? known : undefined;
}
