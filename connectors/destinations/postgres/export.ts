import { join } from 'node:path';
import { type LoadShape, sliceColumns } from '../../../load/plan.js';
import { quoteIdentifier, quoteLiteral } from '../../../platform/duckdb/quote.js';
import { POSTGRES_BINARY } from '../../postgres/native.js';
import { loadExpression } from '../../postgres/types.js';
import type { LoadRequest } from '../../sdk/destination.js';

/** A file for COPY. */
export interface CopyFile {
  readonly path: string;
  readonly format: 'csv' | 'binary';
}

/**
 * Segments as files for COPY: those that Postgres wrote as they are, Parquet as CSV that Postgres reads as the same values.
 * In a single column values are quoted: a lone `\.` would end the data.
 */
export async function copyFiles(
  request: LoadRequest,
  shape: LoadShape,
  copyColumns: readonly string[],
  signal: AbortSignal,
): Promise<CopyFile[]> {
  const system = sliceColumns(shape)
    .filter((column) => copyColumns.includes(column.name))
    .map((column) => quoteLiteral(column.value));
  const files: CopyFile[] = [];
  for (const [index, segment] of request.segments.entries()) {
    if (segment.format === POSTGRES_BINARY) {
      files.push({ path: segment.path, format: 'binary' });
      continue;
    }
    const staged = segment.columns.map((column) => loadExpression(quoteIdentifier(column.column), column.stage));
    const quoting = staged.length + system.length === 1 ? ', force_quote *' : '';
    const file = join(request.tempDir, `load-${index}.csv`);
    await request.engine.run(
      `copy (select ${[...staged, ...system].join(', ')} from read_parquet(${quoteLiteral(segment.path)}))
       to ${quoteLiteral(file)} (format csv, header false${quoting})`,
      [],
      signal,
    );
    files.push({ path: file, format: 'csv' });
  }
  return files;
}
