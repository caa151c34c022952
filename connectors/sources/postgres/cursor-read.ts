import { inSnapshot } from '../../postgres/snapshot.js';
import { ident } from '../../postgres/sql.js';
import type { CursorRead } from '../../sdk/cursor-read.js';
import { cursorSql, postgresWords } from './cursor.js';
import { estimateRead } from './estimate.js';
import { largestInSource } from './largest.js';
import type { PostgresRead } from './read.js';

export const cursorRead = (read: PostgresRead): CursorRead => ({
  request: read.request,
  sql: postgresWords,
  inSnapshot: (work) => inSnapshot(read.session, work),
  files: async (where) => [await read.copy(where)],
  largest: (field, where) => largestInSource(read, field, where),
  expect: (where) => estimateRead(read.session, read.from, where),
  valueAt: async (field, where, offset) => {
    const [row] = await read.session.rows<{ value: string }>(
      `select (${ident(field.name)})::text as value from ${read.from} where ${where} order by ${cursorSql(field)} offset ${offset} limit 1`,
    );
    return row?.value;
  },
  count: async (where, most) => {
    const some = `select 1 from ${read.from} where ${where} limit ${most}`;
    const [row] = await read.session.rows<{ n: string }>(`select count(*)::text as n from (${some}) as counted`);
    return Number(row?.n);
  },
});
