import type { CursorRead } from '../../sdk/cursor-read.js';
import type { FileEvent } from '../../sdk/types.js';
import { cursorSql, mysqlWords } from './cursor.js';
import { estimateSelection } from './estimate.js';
import type { ExtractedFile } from './extract.js';
import { largestInSource } from './largest.js';
import type { MysqlRead } from './read.js';
import { inSnapshot } from './snapshot.js';
import { ident } from './sql.js';

export const cursorRead = (read: MysqlRead): CursorRead => ({
  request: read.request,
  sql: mysqlWords,
  inSnapshot: (work) => inSnapshot(read.session, work),
  files: (where) => readAll(read, where),
  largest: (field, where) => largestInSource(read, field, read.from(where)),
  expect: (where) => estimateSelection(read, where),
  valueAt: async (field, where, offset) => {
    const [row] = await read.session.rows<{ value: string }>(
      `select ${ident(field.name)} as value ${read.from(where)} order by ${cursorSql(field)} limit 1 offset ${offset}`,
    );
    return row?.value;
  },
  count: async (where, most) => {
    const some = `select 1 ${read.from(where)} limit ${most}`;
    const [row] = await read.session.rows<{ n: string }>(`select count(*) as n from (${some}) as counted`);
    return Number(row?.n);
  },
});

/** All rows of a selection, as one file. */
export async function readAll(read: Pick<MysqlRead, 'extract' | 'from'>, where: string): Promise<FileEvent[]> {
  const files: FileEvent[] = [];
  for await (const { kind, file, rows = 0, bytes } of read.extract(read.from(where)) as AsyncIterable<ExtractedFile>)
    files.push({ kind, file, rows, bytes });
  return files;
}
