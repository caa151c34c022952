/**
 * From what a slice staged to the feed's next position, and from a position to the rows that were taken before it.
 * @module
 */
import type { StagedColumn } from '../connectors/sdk/destination.js';
import type { MarkEvent } from '../connectors/sdk/types.js';
import { stagedNames } from '../schema/naming.js';
import type { Field } from '../schema/types.js';
import { openSegments } from '../stage/reader.js';
import { type Taken, sameFields } from '../stage/subtraction.js';
import type { StagedSlice } from '../stage/writer.js';
import { type Advanced, type Largest, advance } from './advance.js';
import { atCursorSql, boundaryTable } from './boundary.js';
import {
  type BoundaryStore,
  boundaryPath,
  collectBoundary,
  compareStaged,
  largestValue,
  mergeBoundaries,
  rehashed,
} from './boundary-store.js';
import { compareDecimals } from './decimal.js';
import type { BoundarySet, CursorType, Position } from './position.js';

/** A read from one position. */
export interface ReadFrom {
  readonly position: Position;
  readonly fields: readonly Field[];
  readonly cursor?: { readonly field: string; readonly type: CursorType };
  /** What was taken at the cursor's value. */
  readonly held: BoundarySet | undefined;
  readonly boundaries: BoundaryStore;
}

/** Where the feed stands after a slice. */
export async function nextPosition(read: ReadFrom, staged: StagedSlice, mark: MarkEvent): Promise<Advanced> {
  const { cursor, boundaries } = read;
  const column = staged.columns.find((candidate) => candidate.name === cursor?.field);
  return advance({
    from: read.position,
    mark: mark.position,
    ...(cursor ? { cursor } : {}),
    largest: column && mark.position.kind !== 'exact' ? await largestOf(read, staged, column, mark.position.value) : undefined,
    held: read.held,
    compare: async (a, b) =>
      decimalText(read, column) ? compareDecimals(a, b) : compareStaged(boundaries.engine, column?.stage ?? 'VARCHAR', a, b),
    merge: (held, added) => mergeHeld(read, staged, { held, added }),
  });
}

/** Only at the cursor's last value can rows come again; during a first-read scan they cannot. */
export async function takenBefore({ position, fields, cursor, held, boundaries }: ReadFrom): Promise<Taken | undefined> {
  if (!held || !cursor || position.kind !== 'cursor' || position.cursor.value === null) return undefined;
  const columnOf = stagedNames(fields);
  const hashed = held.fields.map((field) => ({ ...field, column: columnOf(field.name) }));
  const stage = held.fields.find((field) => field.name === cursor.field)?.stage ?? 'VARCHAR';
  const atCursor = atCursorSql(columnOf(cursor.field), stage, position.cursor.value, cursor.type === 'decimal');
  const rows = held.hashes && Object.values(held.hashes).reduce((sum, count) => sum + count, 0);
  return { fields: hashed, atCursor, table: boundaryTable(held, await boundaryPath(boundaries, held)), rows };
}

/** A set can only be added to what was hashed alike. */
async function mergeHeld(
  { boundaries }: ReadFrom,
  { repeats }: StagedSlice,
  { held, added }: { readonly held: BoundarySet; readonly added: BoundarySet },
): Promise<BoundarySet> {
  if (sameFields(held.fields, added.fields)) return mergeBoundaries(boundaries, held, added);
  return repeats.length === 0 ? added : mergeBoundaries(boundaries, await rehashed(boundaries, added.fields, repeats), added);
}

/** Numbers without a declared scale are staged as text; only the source can find the largest, and we compare it digit by digit. */
const decimalText = ({ cursor }: ReadFrom, column: StagedColumn | undefined): boolean =>
  cursor?.type === 'decimal' && column?.stage === 'VARCHAR';

async function largestOf(
  { boundaries, cursor }: ReadFrom,
  staged: StagedSlice,
  column: StagedColumn,
  told: string | undefined,
): Promise<Largest | undefined> {
  const segments = await openSegments(boundaries.stage, staged, boundaries.tempDir);
  const value = staged.staged === 0 ? undefined : (told ?? (await largestValue(boundaries, segments, column)));
  if (value === undefined) return undefined;
  return {
    value,
    boundary: await collectBoundary(boundaries, segments, { cursor: column, value, isDecimal: cursor?.type === 'decimal' }),
  };
}
