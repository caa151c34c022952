import type { Field } from '../../../schema/types.js';
import type { MysqlRead } from './read.js';
import { ident } from './sql.js';

/**
 * The largest cursor value among rows just read, where only the server can compare them: decimals of more than 38 digits.
 * Undefined where the engine can find it in what was staged.
 */
export async function largestInSource(read: MysqlRead, field: Field | undefined, tail: string): Promise<string | undefined> {
  if (field?.type !== 'numeric') return undefined;
  const column = ident(field.name);
  const [row] = await read.session.rows<{ largest: string | null }>(
    `select max(${column}) as largest from (select ${column} ${tail}) as slice`,
  );
  return row?.largest ?? undefined;
}
