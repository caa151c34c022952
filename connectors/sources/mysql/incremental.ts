import type { Field } from '../../../schema/types.js';
import type { FileEvent, ReadEvent } from '../../sdk/types.js';
import { cursorLiteral, cursorSql, lowerBound } from './cursor.js';
import { estimateSelection } from './estimate.js';
import type { ExtractedFile } from './extract.js';
import { largestInSource } from './largest.js';
import type { MysqlRead } from './read.js';
import { inSnapshot } from './snapshot.js';
import { ident } from './sql.js';

/**
 * Rows from the last cursor value on, that value included: more rows may have come with it since, and the engine subtracts
 * those it already has. Each slice ends with all rows of one value, which is always above the last one: what `lag` reads
 * again below it comes whole with the first slice, else the cursor could not move on.
 */
export async function* readChanges(
  read: MysqlRead,
  field: Field,
  { last, upper }: { readonly last: string | null; readonly upper: string | null },
): AsyncIterable<ReadEvent> {
  const nulls =
    read.request.nullCursor === 'include' && read.request.rereadNullCursor ? `${ident(field.name)} is null` : undefined;
  if (upper === null && !nulls) return yield nothing();
  let from = last;
  let { lag } = read.request;
  for (let done = false; !done;) {
    const slice = await inSnapshot(read.session, async () => {
      const lower = from === null ? null : lowerBound(field, from, lag);
      const end = await sliceEnd(read, field, from, between(field, from === null ? null : cursorLiteral(field, from), upper));
      const where = end === null ? anyOf(between(field, lower, upper), nulls) : between(field, lower, end);
      return { end, files: await readAll(read, where), largest: await largestInSource(read, field, read.from(where)) };
    });
    done = slice.end === null;
    yield* slice.files;
    yield { kind: 'mark', done, position: { kind: 'largest', ...(slice.largest === undefined ? {} : { value: slice.largest }) } };
    from = slice.end ?? from;
    lag = undefined;
  }
}

const nothing = (): ReadEvent => ({ kind: 'mark', done: true, position: { kind: 'largest' } });

const anyOf = (range: string, nulls: string | undefined): string => (nulls ? `(${range} or ${nulls})` : range);

/** All rows of a selection, as one file. */
export async function readAll(read: Pick<MysqlRead, 'extract' | 'from'>, where: string): Promise<FileEvent[]> {
  const files: FileEvent[] = [];
  for await (const { kind, file, rows = 0, bytes } of read.extract(read.from(where)) as AsyncIterable<ExtractedFile>)
    files.push({ kind, file, rows, bytes });
  return files;
}

/** From a lower bound, which is SQL, up to a value. */
function between(field: Field, from: string | null, to: string | null): string {
  if (to === null) return 'false';
  const lower = from === null ? '' : `${cursorSql(field)} >= ${from} and `;
  return `(${lower}${cursorSql(field)} <= ${cursorLiteral(field, to)})`;
}

/** A value above `from` and in `range` that about a slice of rows lies below, or null when all the rest fits. */
export async function sliceEnd(read: MysqlRead, field: Field, from: string | null, range: string): Promise<string | null> {
  const estimate = await estimateSelection(read, range);
  const { sliceBytes, sliceRows } = read.request;
  if (estimate.bytes <= sliceBytes && estimate.rows <= sliceRows) return null;
  const rows = Math.max(1_000, Math.min(sliceRows, Math.floor(sliceBytes / Math.max(1, estimate.bytes / estimate.rows))));
  const above = from === null ? '' : ` and ${cursorSql(field)} > ${cursorLiteral(field, from)}`;
  const [row] = await read.session.rows<{ value: string }>(
    `select ${ident(field.name)} as value ${read.from(`${range}${above}`)} order by ${cursorSql(field)} limit 1 offset ${rows}`,
  );
  return row?.value ?? null;
}
