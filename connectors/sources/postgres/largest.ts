import type { Field } from '../../../schema/types.js';
import { ident } from '../../postgres/sql.js';
import type { PostgresRead } from './read.js';

/**
 * The largest cursor value among rows just read, where only Postgres can compare them: numeric without a declared scale.
 * Undefined where the engine can find it in what was staged.
 */
export async function largestInSource(read: PostgresRead, field: Field | undefined, where: string): Promise<string | undefined> {
  if (field?.type !== 'numeric') return undefined;
  const [row] = await read.session.rows<{ largest: string | null }>(
    `select max(${ident(field.name)})::text as largest from ${read.from} where ${where}`,
  );
  return row?.largest ?? undefined;
}
