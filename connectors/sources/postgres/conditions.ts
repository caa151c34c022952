import type { Condition } from '../../../schema/connection-config.js';
import { ident, literal } from '../../postgres/sql.js';

/** Rows that meet every condition. A literal takes the type of the column that it is compared with. */
export function conditionsSql(conditions: readonly Condition[] = []): string {
  return conditions.map(conditionSql).join(' and ') || 'true';
}

function conditionSql(condition: Condition): string {
  const column = ident(condition.field);
  switch (condition.is) {
    case 'null':
      return `${column} is null`;
    case 'not null':
      return `${column} is not null`;
    case 'in':
    case 'not in':
      return `${column} ${condition.is} (${condition.value.map((value) => literal(String(value))).join(', ')})`;
    default:
      return `${column} ${condition.is === '!=' ? '<>' : condition.is} ${literal(String(condition.value))}`;
  }
}
