import type { Session } from '../../postgres/session.js';
import { literal } from '../../postgres/sql.js';

export interface ReadEstimate {
  readonly rows: number;
  readonly bytes: number;
}

/** What the planner expects a selection to return: a few milliseconds, whatever the size, never exact. */
export async function estimateRead(session: Session, from: string, where: string): Promise<ReadEstimate> {
  const [explained] = await session.rows<{ 'QUERY PLAN': string }>(`explain (format json) select * from ${from} where ${where}`);
  const plan = (JSON.parse(explained?.['QUERY PLAN'] ?? '[]') as { Plan: { 'Plan Rows': number; 'Plan Width': number } }[])[0]
    ?.Plan;
  const rows = plan?.['Plan Rows'] ?? 0;
  return { rows, bytes: rows * (plan?.['Plan Width'] ?? 0) };
}

/** Real size on disk, large values included; 0 for views and foreign tables. */
export async function relationBytes(session: Session, from: string): Promise<number> {
  const [size] = await session.rows<{ bytes: string | null }>(
    `select coalesce(sum(pg_table_size(relid)), pg_table_size(${literal(from)}::regclass))::text as bytes from pg_partition_tree(${literal(from)}::regclass)`,
  );
  return Number(size?.bytes ?? 0);
}
