import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteIdentifier, quoteLiteral } from '../../../../platform/duckdb/quote.js';
import { rowNumberSql } from '../../../../stage/row-number.js';
import { copyFile } from '../../../postgres/copy-in.js';
import type { Session } from '../../../postgres/session.js';
import { loadExpression } from '../../../postgres/types.js';
import type { LoadRequest, SegmentFile, StagedColumn } from '../../../sdk/destination.js';

/** The slice's rows as texts: arrival, the fields that hold a NUL character, then `c0`, `c1` … */
export const TEXTS = 'pg_temp."_millrace_text"';

/** @returns how many rows were copied */
export async function copyTexts(session: Session, request: LoadRequest, signal: AbortSignal): Promise<number> {
  const columns = request.columns.map((_, index) => `c${index} text`).join(', ');
  await session.run(`create temporary table "_millrace_text" (arrival bigint, nul text, ${columns}) on commit drop`);
  let copied = 0;
  for (const [index, segment] of request.segments.entries()) {
    const file = join(request.tempDir, `careful-${index}.csv`);
    await request.engine.run(textsSql(segment, copied, file), [], signal);
    copied += await copyFile(session, `copy ${TEXTS} from stdin (format csv)`, file);
    await rm(file);
  }
  await session.run(`analyze ${TEXTS} (arrival)`);
  return copied;
}

/** The same texts as on the fast path, but for NUL characters, which no Postgres can hold. */
function textsSql(segment: SegmentFile, before: number, file: string): string {
  const texts = segment.columns.map(({ column, stage }) => loadExpression(quoteIdentifier(column), stage));
  const suspects = segment.columns.flatMap((column, index) => (mayHoldNul(column) ? [index] : []));
  const flags = suspects.map((index) => `case when ${holdsNul(texts[index])} then '${index}' end`);
  const values = texts.map((text, index) =>
    suspects.includes(index) ? `case when not ${holdsNul(text)} then ${text} end` : text,
  );
  const nul = flags.length > 0 ? `nullif(concat_ws(',', ${flags.join(', ')}), '')` : 'null';
  return `copy (select ${rowNumberSql(segment)} + ${before}, ${[nul, ...values].join(', ')} from read_parquet(${quoteLiteral(segment.path)}))
    to ${quoteLiteral(file)} (format csv, header false)`;
}

const mayHoldNul = ({ stage }: StagedColumn): boolean => /VARCHAR|JSON/.test(stage);

const holdsNul = (text: string | undefined): string => `contains((${text})::VARCHAR, chr(0))`;
