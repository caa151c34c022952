/**
 * How SQL sources read by a cursor: the same selections and slices in every dialect of SQL.
 * @module
 */
import { END } from '../../checkpoint/position.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { CursorDistance } from '../../schema/cursor-distance.js';
import type { Field } from '../../schema/types.js';
import type { ColumnWindow, FileEvent, ReadEstimate, ReadEvent, ReadRequest } from './types.js';
import { type CursorSql, windowCondition, windowPosition } from './window-sql.js';

/** What can be read by a cursor. Conditions are SQL. */
export interface CursorRead {
  readonly request: ReadRequest;
  readonly sql: CursorSql & {
    /** Everything of the last `lag` before a value, and later, as SQL. */
    lowerBound(field: Field, value: string, lag: CursorDistance | undefined): string;
  };
  /** Runs `work` in one snapshot of the source. */
  inSnapshot<T>(work: () => Promise<T>): Promise<T>;
  /** Rows of the fields asked for. */
  files(where: string): Promise<readonly FileEvent[]>;
  /** The largest value among rows, where only the source can compare them. */
  largest(field: Field, where: string): Promise<string | undefined>;
  /** What the source expects a selection to be, in a few milliseconds. */
  expect(where: string): Promise<{ readonly rows: number; readonly bytes: number }>;
  /** The value that lies so many rows behind the first one of a selection, in the order of the field. */
  valueAt(field: Field, where: string, offset: number): Promise<string | undefined>;
  /** How many rows there are; more than `most` are not counted. */
  count(where: string, most: number): Promise<number>;
}

/** A bound that writers in flight cannot come below any more (I4). */
export interface UpperBound {
  /** Read nothing above it; null when no row has a cursor value, or when nothing may be read yet. */
  readonly value: string | null;
  /** Why newer rows wait for the next run. */
  readonly delayed?: string;
  /** Why writers below the bound may have been overlooked. */
  readonly unproven?: string;
}

/** The first read of an incremental stream: everything at or below a bound that was fixed when it began. */
export interface FirstRead {
  readonly field: Field;
  /** Null when no row has a cursor value yet. */
  readonly upper: string | null;
}

interface Changes {
  readonly last: string | null;
  readonly upper: string | null;
}

/** @throws MillraceError `source.field_missing` */
export function requireField(request: ReadRequest, name: string | undefined): Field {
  const field = request.fields.find((candidate) => candidate.name === name);
  if (field) return field;
  throw new MillraceError('source.field_missing', {
    detail: `Stream ${request.stream.name} has no field '${name ?? ''}' to use as cursor.`,
    path: 'cursorField',
    stream: request.stream.name,
  });
}

/** What a source brings along for {@link readIncremental}. */
export interface IncrementalParts {
  bound(field: Field): Promise<UpperBound>;
  first(first: FirstRead, after?: readonly string[]): AsyncIterable<ReadEvent>;
}

/** The first read below a bound that stays as it is, then what has changed, by the cursor. */
export async function* readIncremental(read: CursorRead, { bound, first }: IncrementalParts): AsyncIterable<ReadEvent> {
  const { position, cursorField } = read.request;
  const field = requireField(read.request, cursorField);
  if (position.kind === 'scan') return yield* first({ field, upper: position.scan.upper?.value ?? null }, position.scan.after);
  const { value: upper, delayed, unproven } = await bound(field);
  if (unproven !== undefined) yield { kind: 'unproven', reason: unproven };
  if (delayed !== undefined) yield { kind: 'delayed', reason: delayed };
  if (position.kind === 'cursor') yield* readChanges(read, field, { last: position.cursor.value, upper });
  else if (delayed === undefined || upper !== null) yield* first({ field, upper });
}

/**
 * Rows from the last cursor value on, that value included: more rows may have come with it since, and the engine subtracts
 * those it already has. Each slice ends with all rows of one value, which is always above the last one: what `lag` reads
 * again below it comes whole with the first slice, else the cursor could not move on.
 */
async function* readChanges(read: CursorRead, field: Field, { last, upper }: Changes): AsyncIterable<ReadEvent> {
  const nulls = nullsAgain(read, field);
  if (upper === null && !nulls) return yield { kind: 'mark', done: true, position: { kind: 'largest' } };
  let from = last;
  let { lag } = read.request;
  for (let done = false; !done;) {
    const slice = await read.inSnapshot(async () => {
      const end = from === upper ? null : await sliceEnd(read, field, from, between(read, field, { from, upTo: upper }));
      const where = between(read, field, { from, lag, upTo: end ?? upper });
      const all = end === null ? orNulls(where, nulls) : where;
      return { end, files: await read.files(all), largest: await read.largest(field, all) };
    });
    done = slice.end === null;
    yield* slice.files;
    yield { kind: 'mark', done, position: { kind: 'largest', ...(slice.largest === undefined ? {} : { value: slice.largest }) } };
    from = slice.end ?? from;
    lag = undefined;
  }
}

/**
 * Reads a window of the cursor field in its order. Each slice ends with all rows of one value, and the next begins above it:
 * unlike the stream's own cursor, a window is read once.
 */
export async function* readWindowSlices(read: CursorRead, field: Field, window: ColumnWindow): AsyncIterable<ReadEvent> {
  const { cursorSql, cursorLiteral } = read.sql;
  let { position } = read.request;
  for (let done = false; !done;) {
    const range = windowCondition(read.sql, field, window, position);
    const slice = await read.inSnapshot(async () => {
      const end = await sliceEnd(read, field, null, range);
      const where = end === null ? range : `${range} and ${cursorSql(field)} <= ${cursorLiteral(field, end)}`;
      return { end, files: await read.files(where) };
    });
    done = slice.end === null;
    position = slice.end === null ? END : windowPosition(field, slice.end);
    yield* slice.files;
    yield { kind: 'mark', done, position: { kind: 'exact', position } };
  }
}

/** A value above `from` and in `range` that about a slice of rows lies below, or null when all the rest fits. */
async function sliceEnd(read: CursorRead, field: Field, from: string | null, range: string): Promise<string | null> {
  const { rows, bytes } = await read.expect(range);
  const { sliceBytes, sliceRows } = read.request;
  if (bytes <= sliceBytes && rows <= sliceRows) return null;
  const perSlice = Math.max(1_000, Math.min(sliceRows, Math.floor(sliceBytes / Math.max(1, bytes / rows))));
  const above = from === null ? '' : ` and ${read.sql.cursorSql(field)} > ${read.sql.cursorLiteral(field, from)}`;
  return (await read.valueAt(field, `${range}${above}`, perSlice)) ?? null;
}

interface Range {
  readonly from: string | null;
  readonly lag?: CursorDistance | undefined;
  readonly upTo: string | null;
}

function between({ sql }: CursorRead, field: Field, { from, lag, upTo }: Range): string {
  if (upTo === null) return 'false';
  const lower = from === null ? '' : `${sql.cursorSql(field)} >= ${sql.lowerBound(field, from, lag)} and `;
  return `(${lower}${sql.cursorSql(field)} <= ${sql.cursorLiteral(field, upTo)})`;
}

const orNulls = (range: string, nulls: string | undefined): string => (nulls === undefined ? range : `(${range} or ${nulls})`);

/** Rows without a value never come behind a cursor, so they are read each time where they are merged. */
function nullsAgain({ request, sql }: CursorRead, field: Field): string | undefined {
  return request.nullCursor === 'include' && request.rereadNullCursor ? `${sql.ident(field.name)} is null` : undefined;
}

export function firstReadCondition(sql: CursorSql, { field, upper }: FirstRead, nullCursor: ReadRequest['nullCursor']): string {
  const below = upper === null ? 'false' : `${sql.cursorSql(field)} <= ${sql.cursorLiteral(field, upper)}`;
  return nullCursor === 'include' ? `(${below} or ${sql.ident(field.name)} is null)` : `(${below})`;
}

/** More than these are not counted: somebody waits for the answer. */
const COUNTED_ROWS = 200_000;

/** What a first read, or one of what has changed, would select. `behindKey` is what a scan has not read yet. */
export async function estimateIncremental(
  read: CursorRead,
  { bound, behindKey }: Pick<IncrementalParts, 'bound'> & { readonly behindKey: string },
): Promise<ReadEstimate> {
  const { position, cursorField, nullCursor, lag } = read.request;
  const field = requireField(read.request, cursorField);
  const { value: upper, delayed, unproven } = await bound(field);
  const said = { ...(delayed === undefined ? {} : { delayed }), ...(unproven === undefined ? {} : { unproven }) };
  if (position.kind !== 'cursor') {
    const first = firstReadCondition(read.sql, { field, upper }, nullCursor);
    return { ...(await estimateRows(read, `${behindKey} and ${first}`)), again: 0, upTo: upper, ...said };
  }
  const { value: last } = position.cursor;
  const all = orNulls(between(read, field, { from: last, lag, upTo: upper }), nullsAgain(read, field));
  const counted = await estimateRows(read, all);
  const knows = last !== null && counted.rows !== null;
  const known = knows ? await estimateRows(read, between(read, field, { from: last, lag, upTo: last })) : { rows: 0 };
  return { ...counted, again: Math.min(known.rows ?? 0, counted.rows ?? 0), upTo: upper, ...said };
}

/** Counted where the source expects few rows, whatever it believes of a table without statistics. */
export async function estimateRows(read: CursorRead, where: string): Promise<Pick<ReadEstimate, 'rows' | 'exact'>> {
  const expected = await read.expect(where);
  if (expected.rows > COUNTED_ROWS) return { rows: expected.rows, exact: false };
  const rows = await read.count(where, COUNTED_ROWS + 1);
  return rows > COUNTED_ROWS ? { rows: Math.max(rows, expected.rows), exact: false } : { rows, exact: true };
}
