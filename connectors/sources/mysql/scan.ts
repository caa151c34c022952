import type { Field } from '../../../schema/types.js';
import type { FirstRead } from '../../sdk/cursor-read.js';
import type { MarkPosition, ReadEvent } from '../../sdk/types.js';
import { bytesPerRow } from './estimate.js';
import type { ExtractedFile } from './extract.js';
import { largestInSource } from './largest.js';
import { firstReadWhere, keyFields, keysetWhere } from './predicates.js';
import type { MysqlRead } from './read.js';
import { ident } from './sql.js';
import { valueText } from './values.js';

export interface ScanOptions {
  readonly first?: FirstRead;
  /** Key of the last row read before. */
  readonly after?: readonly string[];
  /** The stream has more to read when the scan is complete. */
  readonly more?: boolean;
}

const LEAST_ROWS = 1_000;
/** Rows may be larger than the server's statistics say: a slice that has come to so many times its size ends there. */
const OVERSIZE = 4;
const LEAST_OVERSIZE_BYTES = 8_000_000;

/**
 * Reads in key order, a slice at a time. InnoDB holds rows in that order, so one statement finds the end of a slice and reads
 * it; the key of the last row that came is where the next one begins.
 */
export async function* readScan(read: MysqlRead, options: ScanOptions): AsyncIterable<ReadEvent> {
  const { request, relation } = read;
  const key = keyFields(request, relation) ?? [];
  const rows = rowsPerSlice(read);
  const order = key.map((field) => ident(field.name)).join(', ');
  const selected = options.first ? firstReadWhere(options.first, request.nullCursor) : 'true';
  for (let { after } = options, done = false; !done;) {
    const where = `${keysetWhere(relation, key, after)} and ${selected}`;
    const tail = `${read.from(where, { index: request.filter ? undefined : relation.keyIndex })} order by ${order} limit ${rows}`;
    const slice = await readSlice(read, tail, options.first?.field);
    const last = slice.file.rows === 0 ? undefined : keyOf(slice.file, request.fields, key);
    done = !slice.file.more && (slice.file.rows ?? 0) < rows;
    yield fileEvent(slice.file);
    yield {
      kind: 'mark',
      done: done && options.more !== true,
      position: markPosition(read, options.first, { after: done ? null : (last ?? after ?? null), largest: slice.largest }),
    };
    after = last ?? after;
  }
}

/** One file; what is behind it is left to the next statement. */
async function readSlice(
  read: MysqlRead,
  tail: string,
  cursor: Field | undefined,
): Promise<{ readonly file: ExtractedFile; readonly largest: string | undefined }> {
  await read.session.run('start transaction with consistent snapshot, read only');
  // only the server can tell the largest of such cursors, and it is asked for all rows of the statement
  const most = cursor?.type === 'numeric' ? Infinity : Math.max(LEAST_OVERSIZE_BYTES, OVERSIZE * read.request.sliceBytes);
  const file = await firstFile(read.extract(tail, most));
  if (file.more) {
    await read.reconnect();
    return { file, largest: undefined };
  }
  const largest = await largestInSource(read, cursor, tail);
  await read.session.run('commit');
  return { file, largest };
}

async function firstFile(files: AsyncGenerator<ExtractedFile>): Promise<ExtractedFile> {
  const { value } = await files.next();
  await files.return(undefined);
  return value as ExtractedFile;
}

const fileEvent = ({ kind, file, rows, bytes }: ExtractedFile): ReadEvent => ({
  kind,
  file,
  ...(rows === undefined ? {} : { rows }),
  bytes,
});

function keyOf({ last }: ExtractedFile, fields: readonly Field[], key: readonly Field[]): readonly string[] {
  return key.map((field) => {
    const bytes = last[fields.indexOf(field)];
    return bytes ? valueText(field, bytes) : '';
  });
}

function markPosition(
  read: MysqlRead,
  first: FirstRead | undefined,
  { after, largest }: { readonly after: readonly string[] | null; readonly largest: string | undefined },
): MarkPosition {
  const by = read.request.stream.primaryKey ?? [];
  if (first) return { kind: 'scanned', by, after, upper: first.upper, ...(largest === undefined ? {} : { value: largest }) };
  return { kind: 'exact', position: after ? { kind: 'scan', scan: { by, after } } : { kind: 'end' } };
}

function rowsPerSlice(read: MysqlRead): number {
  const { sliceBytes, sliceRows } = read.request;
  return Math.max(LEAST_ROWS, Math.min(sliceRows, Math.floor(sliceBytes / bytesPerRow(read))));
}
