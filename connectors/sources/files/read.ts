import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { END, type Position } from '../../../checkpoint/position.js';
import { quoteLiteral } from '../../../platform/duckdb/quote.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { stageType } from '../../../schema/stage-types.js';
import type { ConnectorContext, FileEvent, ReadEvent, ReadRequest } from '../../sdk/types.js';
import { type FileStream, type FilesConfig } from './config.js';
import { convertBatch, explainFormatFailure } from './convert.js';
import { compressionOf } from './csv/bytes.js';
import { checkFilter, fieldsToRead, filterSql } from './filter.js';
import type { Batch, FormatContext } from './format.js';
import { formatOf } from './formats.js';
import { type SourceFile, isSameFile, sourceFile } from './listing.js';
import { filesAfterPath, filesAfterToken, fullPosition, incrementalPosition } from './position.js';
import { openScratch } from './scratch.js';
import { waitUntilQuiet } from './settle.js';
import { listStream, noFiles, requireStream } from './streams.js';

type Context = ConnectorContext<FilesConfig>;

/**
 * Reads whole files, in the order of their paths (full) or of their arrival (incremental), several to a slice. A slice ends
 * behind a file: all of a file is loaded, or nothing of it.
 */
export async function* read(context: Context, request: ReadRequest): AsyncIterable<ReadEvent> {
  const stream = requireStream(context.config, request.stream.name);
  const { quiet, changing } = await waitUntilQuiet(() => remaining(context, stream, request), request.settleMs, context.signal);
  if (changing.length > 0) {
    const reason = `still being written: ${changing.map((file) => file.path).join(', ')}`;
    if (request.sync === 'full')
      throw new MillraceError('connector.transient', { detail: `${stream.name}: ${reason}.`, stream: stream.name });
    yield { kind: 'delayed', reason };
  }
  if (quiet.length > 0) yield* readSlices(context, request, { stream, files: quiet });
  else if (request.sync === 'full' && request.position.kind === 'scan') yield mark(END, true);
}

/** What the position has not covered yet, in reading order. A full read without any file would empty the target: it fails. */
async function remaining(context: Context, stream: FileStream, request: ReadRequest): Promise<readonly SourceFile[]> {
  const files = await listStream(context, stream);
  if (request.sync === 'incremental') return filesAfterToken(files, request.position, context.config.changedBy);
  if (files.length === 0 && request.position.kind === 'start') throw noFiles(context.config, stream);
  return filesAfterPath(files, request.position);
}

interface Work {
  readonly stream: FileStream;
  readonly files: readonly SourceFile[];
}

async function* readSlices(context: Context, request: ReadRequest, { stream, files }: Work): AsyncIterable<ReadEvent> {
  await using engine = await openScratch(request.tempDir);
  const format: FormatContext = { engine, stream, signal: context.signal };
  await checkFilter(engine, request);
  for (let next = 0; next < files.length;) {
    const slice = takeSlice(files.slice(next), request.sliceBytes);
    next += slice.length;
    const batches = await batchesOf(format, slice, request);
    if (batches.length === 0) yield noRows(request);
    for (const batch of batches) yield* readBatch(format, batch, request);
    yield mark(positionAfter(context, request, slice.at(-1), next === files.length), next === files.length);
  }
}

/** Compressed text is several times larger once it is read. */
const weight = (file: SourceFile): number => file.bytes * (compressionOf(file.path) === 'uncompressed' ? 1 : 4);

function takeSlice(files: readonly SourceFile[], sliceBytes: number): readonly SourceFile[] {
  let bytes = 0;
  const end = files.findIndex((file, index) => (bytes += weight(file)) > sliceBytes && index > 0);
  return end < 0 ? files : files.slice(0, end);
}

function positionAfter(context: Context, request: ReadRequest, last: SourceFile | undefined, done: boolean): Position {
  if (last === undefined || (done && request.sync === 'full')) return END;
  return request.sync === 'full' ? fullPosition(last) : incrementalPosition(last, context.config.changedBy);
}

const mark = (position: Position, done: boolean): ReadEvent => ({ kind: 'mark', position: { kind: 'exact', position }, done });

async function batchesOf(format: FormatContext, files: readonly SourceFile[], request: ReadRequest): Promise<readonly Batch[]> {
  try {
    return await formatOf(format.stream).batches(format, files, fieldsToRead(request));
  } catch (error) {
    throw explainFormatFailure(files, error);
  }
}

/** Files without a single character: the slice still has its columns. */
function noRows(request: ReadRequest): FileEvent {
  const columns = request.fields.map(({ type }, index) => `cast(null as ${stageType(type)}) as c${index}`);
  const select = request.fields.map((_, index) => `c${index}`);
  return {
    kind: 'file',
    file: { format: 'duckdb-scan', scan: `(select ${columns.join(', ')} limit 0)`, select, label: 'empty files' },
    rows: 0,
    bytes: 0,
  };
}

let serial = 0;

async function* readBatch(format: FormatContext, batch: Batch, request: ReadRequest): AsyncIterable<FileEvent> {
  serial += 1;
  const path = join(request.tempDir, `files-${process.pid}-${serial}.parquet`);
  try {
    const read = await convertBatch(format, batch, fieldsToRead(request), path);
    await requireUnchanged(batch.files);
    const { scan, rows } = await filtered(format, request, { scan: `read_parquet(${quoteLiteral(path)})`, rows: read });
    const select = request.fields.map((_, index) => `c${index}`);
    const label = batch.files.map((file) => file.path).join(', ');
    const bytes = batch.files.reduce((sum, file) => sum + file.bytes, 0);
    yield {
      kind: 'file',
      file: { format: 'duckdb-scan', scan, select, label },
      rows,
      bytes,
    };
  } finally {
    await rm(path, { force: true });
  }
}

interface Records {
  readonly scan: string;
  readonly rows: number;
}

/** Every record of a file is read and checked, whatever the filter says of it; what it leaves out counts nowhere. */
async function filtered({ engine, signal }: FormatContext, request: ReadRequest, all: Records): Promise<Records> {
  const conditions = filterSql(request);
  if (conditions === undefined) return all;
  const scan = `(select * from ${all.scan} where ${conditions})`;
  const [row] = await engine.rows(`select count(*)::varchar as n from ${scan}`, [], signal);
  return { scan, rows: Number(row?.['n']) };
}

/** @throws MillraceError `connector.transient` when a file is no longer the one that was listed */
async function requireUnchanged(files: readonly SourceFile[]): Promise<void> {
  for (const file of files) {
    const now = await sourceFile(file.path, file.location);
    if (now && isSameFile(now, file)) continue;
    throw new MillraceError('connector.transient', {
      detail: `${file.path} changed while it was read.`,
      facts: { file: file.path },
    });
  }
}
