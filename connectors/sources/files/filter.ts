import type { Engine } from '../../../platform/duckdb/engine.js';
import { quoteLiteral } from '../../../platform/duckdb/quote.js';
import { stageType } from '../../../schema/stage-types.js';
import type { Field } from '../../../schema/types.js';
import { type TypedCondition, badFilter, conditionsOf } from '../../sdk/filter.js';
import type { ReadRequest } from '../../sdk/types.js';

/** What filters look at of a request. */
type Filtered = Pick<ReadRequest, 'stream' | 'fields' | 'filter'>;

/** The requested fields, then those that only the filter looks at. */
export function fieldsToRead(request: Filtered): readonly Field[] {
  const asked = conditionsOf(request).map(({ field }) => field);
  const more = asked.filter(({ name }) => !request.fields.some((field) => field.name === name));
  return [...request.fields, ...new Map(more.map((field) => [field.name, field])).values()];
}

/** Conditions over columns `c0`, `c1` … in the order of `fieldsToRead`; undefined when every row is wanted. */
export function filterSql(request: Filtered): string | undefined {
  const fields = fieldsToRead(request);
  const conditions = conditionsOf(request).map((condition) => {
    const column = `c${fields.findIndex(({ name }) => name === condition.field.name)}`;
    return `(${conditionSql(condition, column)})`;
  });
  return conditions.length === 0 ? undefined : conditions.join(' and ');
}

function conditionSql(condition: TypedCondition, column: string): string {
  const { field, is, values } = condition;
  switch (is) {
    case 'null':
    case 'not null':
      return `${column} is ${is}`;
    case 'in':
      return values.map((value) => comparison(field, column, '=', value)).join(' or ');
    case 'not in':
      return values.map((value) => comparison(field, column, '!=', value)).join(' and ');
    default:
      return comparison(field, column, is, values[0] ?? '');
  }
}

/** Numbers of any length are staged as text: they are compared as decimals as far as these reach, beyond as floats. */
function comparison(field: Field, column: string, is: string, value: string): string {
  const text = quoteLiteral(value);
  if (field.type !== 'numeric') return `${column} ${is} cast(${text} as ${comparedAs(field)})`;
  const as = (type: string): string => `try_cast(${column} as ${type}) ${is} try_cast(${text} as ${type})`;
  return `coalesce(${as('decimal(38,18)')}, ${as('decimal(38,0)')}, ${as('double')})`;
}

/** A decimal with its own scale would be rounded. */
const comparedAs = (field: Field): string => (field.type.startsWith('decimal') ? 'decimal(38,18)' : stageType(field.type));

/** @throws MillraceError `source.bad_filter` for a value that is none of the field's type, and for fields that have no order */
export async function checkFilter(engine: Engine, request: Filtered): Promise<void> {
  for (const condition of conditionsOf(request)) {
    const { field, values } = condition;
    if (values.length === 0) continue;
    if (/^(json|bytes|opaque)$|\[\]$/.test(field.type)) throw badFilter(request.stream.name, condition, undefined);
    const type = field.type === 'numeric' ? 'double' : comparedAs(field);
    await engine
      .rows(`select ${values.map((value) => `cast(${quoteLiteral(value)} as ${type})`).join(', ')}`)
      .catch((cause: unknown) => {
        throw badFilter(request.stream.name, condition, cause);
      });
  }
}
