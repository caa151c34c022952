import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { inSnapshot } from '../../postgres/snapshot.js';
import { ident } from '../../postgres/sql.js';
import type { FirstRead } from '../../sdk/cursor-read.js';
import type { FileEvent, MarkPosition, ReadEvent } from '../../sdk/types.js';
import { estimateRead, relationBytes } from './estimate.js';
import { largestInSource } from './largest.js';
import { firstReadWhere, keyFields, keysetWhere, roughlyBehind } from './predicates.js';
import type { PostgresRead } from './read.js';

/** Fewer rows, or a smaller part of a whole slice, are not worth the steps of a slice. */
const LEAST_ROWS = 1_000;
const LEAST_SHARE = 1 / 4;

export interface ScanOptions {
  readonly where?: string;
  readonly first?: FirstRead;
  /** Key of the last row read before. */
  readonly after?: readonly string[];
  /** The stream has more to read when the scan is complete. */
  readonly more?: boolean;
}

/**
 * Reads in key order, a slice at a time. The slice's last key is found first, from the index alone, so that the rows
 * themselves can be read by whatever plan is fastest and the position is known without looking at them.
 */
export async function* readScan(read: PostgresRead, options: ScanOptions): AsyncIterable<ReadEvent> {
  const key = keyFields(read.request);
  const filter = options.first ? firstReadWhere(options.first, read.request.nullCursor) : (options.where ?? 'true');
  const most = await rowsPerSlice(read);
  let after = options.after;
  for (let done = false; !done;) {
    const rows = most === null ? null : await rowsOfNextSlice(read, key, { after, most });
    const slice = await inSnapshot(read.session, async () => {
      const upTo = rows === null ? null : await sliceEnd(read, key, after, rows);
      const where = `${keysetWhere(key, after, upTo)} and ${filter}`;
      return { upTo, file: await read.copy(where), largest: await largestInSource(read, options.first?.field, where) };
    });
    done = slice.upTo === null;
    yield slice.file satisfies FileEvent;
    yield {
      kind: 'mark',
      done: done && options.more !== true,
      position: markPosition(read, options.first, slice.upTo, slice.largest),
    };
    if (slice.upTo) after = slice.upTo;
  }
}

function markPosition(
  read: PostgresRead,
  first: FirstRead | undefined,
  after: readonly string[] | null,
  largest: string | undefined,
): MarkPosition {
  const by = read.request.stream.primaryKey ?? [];
  if (first) return { kind: 'scanned', by, after, upper: first.upper, ...(largest === undefined ? {} : { value: largest }) };
  return { kind: 'exact', position: after ? { kind: 'scan', scan: { by, after } } : { kind: 'end' } };
}

/** Null when the whole stream fits one slice. What a filter leaves of a large one is only known when it is read. */
async function rowsPerSlice(read: PostgresRead): Promise<number | null> {
  const { sliceBytes, sliceRows } = read.request;
  const estimate = await estimateRead(read.session, read.relation, 'true');
  const bytes = Math.max(estimate.bytes, await relationBytes(read.session, read.relation));
  if (bytes <= sliceBytes && estimate.rows <= sliceRows) return null;
  const bytesPerRow = Math.max(1, bytes / Math.max(1, estimate.rows));
  return Math.max(LEAST_ROWS, Math.min(sliceRows, Math.floor(sliceBytes / bytesPerRow)));
}

/** Nothing else is left to do while the last slice is loaded: what is left for two is halved, until the halves are small. */
async function rowsOfNextSlice(
  read: PostgresRead,
  key: readonly Field[],
  { after, most }: { readonly after: readonly string[] | undefined; readonly most: number },
): Promise<number> {
  const left = (await estimateRead(read.session, read.relation, roughlyBehind(key, after))).rows;
  return Math.ceil(Math.min(most, Math.max(LEAST_ROWS, most * LEAST_SHARE, left / 2)));
}

/** The key of the last row of the slice, or null when no more than a slice is left. */
async function sliceEnd(
  read: PostgresRead,
  key: readonly Field[],
  after: readonly string[] | undefined,
  rows: number,
): Promise<string[] | null> {
  const columns = key.map((field) => ident(field.name));
  const texts = columns.map((column, index) => `${column}::text as k${index}`).join(', ');
  try {
    const [last] = await read.session.rows<Record<string, string>>(
      `select ${texts} from (select ${columns.join(', ')} from ${read.from} where ${keysetWhere(key, after, null)}
         order by ${columns.join(', ')} offset ${rows} limit 1) as next`,
    );
    return last ? columns.map((_, index) => last[`k${index}`] ?? '') : null;
  } catch (error) {
    throw postgresError(error, `Cannot read ${read.relation}`);
  }
}
