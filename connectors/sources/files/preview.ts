import { join } from 'node:path';
import { quoteLiteral } from '../../../platform/duckdb/quote.js';
import type { ConnectorContext, FileEvent, PreviewRequest } from '../../sdk/types.js';
import type { FilesConfig } from './config.js';
import { convertBatch, explainFormatFailure } from './convert.js';
import { checkFilter, fieldsToRead, filterSql } from './filter.js';
import type { Batch, FormatContext } from './format.js';
import { formatOf } from './formats.js';
import type { SourceFile } from './listing.js';
import { openScratch } from './scratch.js';
import { listStream, noFiles, requireStream } from './streams.js';

/** The first rows of the first files, by path. Only as much of a file is read as it takes, unless there is a filter. */
export async function* preview(context: ConnectorContext<FilesConfig>, request: PreviewRequest): AsyncIterable<FileEvent> {
  const stream = requireStream(context.config, request.stream.name);
  const files = await listStream(context, stream);
  if (files.length === 0) throw noFiles(context.config, stream);
  await using engine = await openScratch(request.tempDir);
  await checkFilter(engine, request);
  const format: FormatContext = { engine, stream, signal: context.signal };
  let left = request.limit;
  for (const [index, file] of files.entries()) {
    if (left <= 0) return;
    for (const batch of await batchesOf(format, file, request)) {
      const event = await firstRows(format, batch, {
        request,
        limit: left,
        path: join(request.tempDir, `preview-${index}.parquet`),
      });
      left -= event.rows ?? 0;
      yield event;
    }
  }
}

async function batchesOf(format: FormatContext, file: SourceFile, request: PreviewRequest): Promise<readonly Batch[]> {
  try {
    return await formatOf(format.stream).batches(format, [file], fieldsToRead(request));
  } catch (error) {
    throw explainFormatFailure([file], error);
  }
}

interface Wanted {
  readonly request: PreviewRequest;
  readonly limit: number;
  readonly path: string;
}

async function firstRows(format: FormatContext, batch: Batch, { request, limit, path }: Wanted): Promise<FileEvent> {
  const conditions = filterSql(request);
  const { expectedRows: _, ...unbounded } = batch;
  const bounded: Batch = { ...unbounded, select: (files) => `select * from (${batch.select(files)}) limit ${limit}` };
  const read = await convertBatch(format, conditions === undefined ? bounded : batch, fieldsToRead(request), path);
  const all = `read_parquet(${quoteLiteral(path)})`;
  const scan = conditions === undefined ? all : `(select * from ${all} where ${conditions} limit ${limit})`;
  return {
    kind: 'file',
    file: { format: 'duckdb-scan', scan, select: request.fields.map((__, at) => `c${at}`), label: batch.files[0]?.path ?? '' },
    rows: conditions === undefined ? read : await countOf(format, scan),
    bytes: batch.files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function countOf({ engine, signal }: FormatContext, scan: string): Promise<number> {
  const [row] = await engine.rows(`select count(*)::varchar as n from ${scan}`, [], signal);
  return Number(row?.['n']);
}
