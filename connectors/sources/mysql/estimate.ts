import type { ServerError } from './errors.js';
import type { MysqlRead } from './read.js';

export interface SelectionEstimate {
  readonly rows: number;
  readonly bytes: number;
}

/** Of a relation without statistics of its own, such as a view: a guess per field. */
const FIELD_BYTES = 32;
const MAY_NOT_EXPLAIN = 1345;

/** What the optimizer expects a selection to return: a few milliseconds, whatever the size, never exact. */
export async function estimateSelection(read: MysqlRead, where: string): Promise<SelectionEstimate> {
  const rows = await plannedRows(read, where).catch((error: unknown) => {
    if ((error as ServerError).errno === MAY_NOT_EXPLAIN) return countedRows(read, where);
    throw error;
  });
  return { rows, bytes: rows * bytesPerRow(read) };
}

async function plannedRows(read: MysqlRead, where: string): Promise<number> {
  const plan = await read.session.rows<{ rows: string | null }>(`explain format=traditional select 1 ${read.from(where)}`);
  return Math.max(0, ...plan.map(({ rows }) => Number(rows ?? 0)));
}

/** For views whose tables the user may not look at; more than a slice holds are not counted. */
async function countedRows(read: MysqlRead, where: string): Promise<number> {
  const some = `select 1 ${read.from(where)} limit ${read.request.sliceRows + 1}`;
  const [row] = await read.session.rows<{ n: string }>(`select count(*) as n from (${some}) as counted`);
  return Number(row?.n);
}

export function bytesPerRow({ relation, request }: Pick<MysqlRead, 'relation' | 'request'>): number {
  const { rows, bytes } = relation;
  return rows && bytes > 0 ? Math.max(1, bytes / rows) : FIELD_BYTES * Math.max(1, request.fields.length);
}
