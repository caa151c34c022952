import { join } from 'node:path';
import { sliceColumns } from '../../../load/plan.js';
import { quoteIdentifier, quoteLiteral } from '../../../platform/duckdb/quote.js';
import { copyFile, copyWhileWritten } from '../../postgres/copy-in.js';
import { POSTGRES_BINARY } from '../../postgres/native.js';
import type { Session } from '../../postgres/session.js';
import { ident } from '../../postgres/sql.js';
import { loadExpression } from '../../postgres/types.js';
import type { LoadRequest, SegmentFile } from '../../sdk/destination.js';
import type { Work } from './rows/careful.js';

/**
 * Copies the segments to where the plan wants them: those that Postgres wrote as they are, Parquet as CSV that Postgres reads as
 * the same values, while DuckDB writes it. @returns how many rows the server took
 */
export async function copySegments(session: Session, request: LoadRequest, { plan, shape, signal }: Work): Promise<number> {
  const into = `copy ${plan.relation} (${plan.copyColumns.map(ident).join(', ')}) from stdin`;
  const system = sliceColumns(shape).filter((column) => plan.copyColumns.includes(column.name));
  const constants = system.map((column) => quoteLiteral(column.value));
  let copied = 0;
  for (const [index, segment] of request.segments.entries()) {
    if (segment.format === POSTGRES_BINARY) {
      copied += await copyFile(session, `${into} (format binary)`, segment.path);
      continue;
    }
    const path = join(request.tempDir, `load-${index}.csv`);
    const write = (stop: AbortSignal) => request.engine.run(csvOf(segment, constants, path), [], stop);
    copied += await copyWhileWritten(session, `${into} (format csv)`, { path, write, signal });
  }
  return copied;
}

/** In a single column values are quoted: a lone `\.` would end the data. */
function csvOf(segment: SegmentFile, constants: readonly string[], path: string): string {
  const staged = segment.columns.map(({ column, stage }) => loadExpression(quoteIdentifier(column), stage));
  const values = [...staged, ...constants];
  const quoting = values.length === 1 ? ', force_quote *' : '';
  return `copy (select ${values.join(', ')} from read_parquet(${quoteLiteral(segment.path)}))
    to ${quoteLiteral(path)} (format csv, header false, use_tmp_file false${quoting})`;
}
