import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { ident, literal } from '../../postgres/sql.js';
import { type TypedCondition, badFilter, conditionsOf } from '../../sdk/filter.js';
import type { ReadRequest } from '../../sdk/types.js';
import type { Session } from '../../postgres/session.js';

/**
 * What a stream is read from: the relation, or its rows that meet the filter. Whatever is read, counted or estimated goes
 * through here, so no path can leave the filter out; Postgres flattens it into the query and uses its indexes.
 */
export function filteredRelation(relation: string, request: Pick<ReadRequest, 'stream' | 'filter'>): string {
  const conditions = conditionsOf(request);
  if (conditions.length === 0) return relation;
  const columns = request.stream.kind === 'table' ? 'ctid, *' : '*';
  return `(select ${columns} from ${relation} where ${conditions.map(conditionSql).join(' and ')}) as filtered`;
}

/** Values stand as untyped literals, which take the column's own type, without the length or scale that would change them. */
function conditionSql({ field, is, values }: TypedCondition): string {
  const column = ident(field.name);
  const list = values.map(literal);
  switch (is) {
    case 'null':
    case 'not null':
      return `${column} is ${is}`;
    case 'in':
    case 'not in':
      return `${column} ${is} (${list.join(', ')})`;
    case '=':
    case '!=':
      return `${column} ${is} ${list[0]}`;
    default:
      return isText(field) ? `${column}::text collate "C" ${is} ${list[0]}` : `${column} ${is} ${list[0]}`;
  }
}

/** Ordered by bytes, as cursors are; an enum has an order of its own. */
const isText = (field: Field): boolean => field.type === 'string' && field.native?.definition?.kind !== 'enum';

/** @throws MillraceError `source.bad_filter` naming the condition that Postgres does not take */
export async function checkFilter(
  session: Session,
  relation: string,
  request: Pick<ReadRequest, 'stream' | 'filter'>,
): Promise<void> {
  const conditions = conditionsOf(request);
  if (conditions.length === 0) return;
  const refused = await refusalOf(session, relation, conditions);
  if (refused === undefined) return;
  for (const condition of conditions) {
    const cause = await refusalOf(session, relation, [condition]);
    if (cause !== undefined) throw badFilter(request.stream.name, condition, cause);
  }
  throw postgresError(refused, `Cannot filter ${relation}`);
}

/** Class 22: no value of the type; 42883 and its kin: no such comparison. */
const OF_THE_FILTER = /^(22...|42883|42725|42804|42P18|42P22)$/;

async function refusalOf(session: Session, relation: string, conditions: readonly TypedCondition[]): Promise<unknown> {
  try {
    await session.rows(`select 1 from ${relation} where ${conditions.map(conditionSql).join(' and ')} limit 0`);
    return undefined;
  } catch (error) {
    if (OF_THE_FILTER.test((error as { code?: string }).code ?? '')) return error;
    throw postgresError(error, `Cannot read ${relation}`);
  }
}
