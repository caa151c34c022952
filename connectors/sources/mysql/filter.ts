import { type TypedCondition, badFilter, conditionsOf } from '../../sdk/filter.js';
import type { ReadRequest } from '../../sdk/types.js';
import type { Relation } from './discover.js';
import { bytesOf } from './cursor.js';
import { hexLiteral, ident } from './sql.js';
import { BadValue, valueSql } from './values.js';

/** What every row of a read must meet, as SQL; undefined when everything is wanted. @throws MillraceError `source.bad_filter` */
export function filterSql(request: Pick<ReadRequest, 'stream' | 'filter'>, relation: Relation): string | undefined {
  const conditions = conditionsOf(request).map((condition) => checkedSql(request.stream.name, condition, relation));
  return conditions.length === 0 ? undefined : conditions.join(' and ');
}

function checkedSql(stream: string, condition: TypedCondition, relation: Relation): string {
  try {
    return conditionSql(condition, relation);
  } catch (cause) {
    if (cause instanceof BadValue) throw badFilter(stream, condition, cause);
    throw cause;
  }
}

function conditionSql({ field, is, values }: TypedCondition, relation: Relation): string {
  const column = ident(field.name);
  if (is === 'null' || is === 'not null') return `${column} is ${is}`;
  if (field.type === 'string' || field.type === 'uuid') return textCondition({ field, is, values }, relation);
  if (field.type === 'json' || field.type === 'opaque')
    throw new BadValue('values of this type can only be asked for null and not null');
  const list = values.map((value) => valueSql(field, relation.columns.get(field.name), value));
  return is === 'in' || is === 'not in' ? `${column} ${is} (${list.join(', ')})` : `${column} ${is} ${list[0]}`;
}

/** Exactly, by bytes, as everywhere else; an equal text is also equal by the column's collation, whose index finds it. */
function textCondition({ field, is, values }: TypedCondition, relation: Relation): string {
  const column = relation.columns.get(field.name);
  const exact = values.map(hexLiteral);
  const list = is === 'in' || is === 'not in' ? `(${exact.join(', ')})` : exact[0];
  const condition = `${bytesOf(ident(field.name))} ${is} ${list}`;
  if ((is !== '=' && is !== 'in') || !column?.charset || !['char', 'varchar'].includes(column.dataType)) return condition;
  const found = values.map((value) => valueSql(field, column, value));
  return `(${ident(field.name)} in (${found.join(', ')}) and ${condition})`;
}
