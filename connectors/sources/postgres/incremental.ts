import type { Field } from '../../../schema/types.js';
import { inSnapshot } from '../../postgres/snapshot.js';
import { ident } from '../../postgres/sql.js';
import type { ReadEvent } from '../../sdk/types.js';
import { cursorLiteral, cursorSql } from './cursor.js';
import { estimateRead } from './estimate.js';
import { largestInSource } from './largest.js';
import type { PostgresRead } from './read.js';

/**
 * Rows from the last cursor value on, that value included: more rows may have come with it since, and the engine subtracts
 * those it already has. Each slice ends with all rows of one value, which is always above the last one.
 */
export async function* readChanges(
  read: PostgresRead,
  field: Field,
  last: string | null,
  upper: string | null,
): AsyncIterable<ReadEvent> {
  const nulls =
    read.request.nullCursor === 'include' && read.request.rereadNullCursor ? `${ident(field.name)} is null` : undefined;
  if (upper === null && !nulls) return yield nothing();
  let from = last;
  for (let done = false; !done;) {
    const slice = await inSnapshot(read.session, async () => {
      const range = between(field, from, upper);
      const end = await sliceEnd(read, field, from, range);
      const where = end === null ? anyOf(range, nulls) : between(field, from, end);
      return { end, file: await read.copy(where), largest: await largestInSource(read, field, where) };
    });
    done = slice.end === null;
    yield slice.file;
    yield { kind: 'mark', done, position: { kind: 'largest', ...(slice.largest === undefined ? {} : { value: slice.largest }) } };
    from = slice.end ?? from;
  }
}

const nothing = (): ReadEvent => ({ kind: 'mark', done: true, position: { kind: 'largest' } });

const anyOf = (range: string, nulls: string | undefined): string => (nulls ? `(${range} or ${nulls})` : range);

function between(field: Field, from: string | null, to: string | null): string {
  if (to === null) return 'false';
  const lower = from === null ? '' : `${cursorSql(field)} >= ${cursorLiteral(field, from)} and `;
  return `(${lower}${cursorSql(field)} <= ${cursorLiteral(field, to)})`;
}

/** A value above `from` and in `range` that about a slice of rows lies below, or null when all the rest fits. */
export async function sliceEnd(read: PostgresRead, field: Field, from: string | null, range: string): Promise<string | null> {
  const estimate = await estimateRead(read.session, read.from, range);
  const { sliceBytes, sliceRows } = read.request;
  if (estimate.bytes <= sliceBytes && estimate.rows <= sliceRows) return null;
  const rows = Math.max(1_000, Math.min(sliceRows, Math.floor(sliceBytes / Math.max(1, estimate.bytes / estimate.rows))));
  const above = from === null ? '' : ` and ${cursorSql(field)} > ${cursorLiteral(field, from)}`;
  const [row] = await read.session.rows<{ value: string }>(
    `select (${ident(field.name)})::text as value from ${read.from} where ${range}${above} order by ${cursorSql(field)} offset ${rows} limit 1`,
  );
  return row?.value ?? null;
}
