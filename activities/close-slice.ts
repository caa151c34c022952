import { type Largest, advance } from '../checkpoint/advance.js';
import { collectBoundary, compareStaged, largestValue, mergeBoundaries, rehashed } from '../checkpoint/boundary-store.js';
import { compareDecimals } from '../checkpoint/decimal.js';
import { type BoundarySet, samePosition } from '../checkpoint/position.js';
import type { StagedColumn } from '../connectors/sdk/destination.js';
import type { MarkEvent } from '../connectors/sdk/types.js';
import { STAGE_FORMAT, type SliceManifest } from '../stage/manifest.js';
import { openSegments, writeManifest } from '../stage/reader.js';
import { sameFields } from '../stage/subtraction.js';
import type { StagedSlice } from '../stage/writer.js';
import type { Extracted } from './contract.js';
import type { SliceRead } from './extract.js';

/** A source's mark ends the slice: finds the next position and seals what was staged with a manifest (I8). */
export async function closeSlice(read: SliceRead, staged: StagedSlice, mark: MarkEvent): Promise<Extracted> {
  const { position: from } = read.input.place;
  const { extracted, repeated } = staged;
  const rows = { extracted, repeated };
  const next = await nextPosition(read, staged, mark);
  const endsShadow = mark.done && read.input.place.refreshing;
  if (staged.staged === 0 && samePosition(from, next.position) && !endsShadow) {
    const { boundary } = read.input.place;
    return { slice: null, to: from, done: mark.done, rows, bytes: staged.bytes, ...(boundary ? { boundary } : {}) };
  }
  const manifest: SliceManifest = {
    format: STAGE_FORMAT,
    connection: read.input.run.connectionId,
    run: read.input.run.number,
    feed: read.feed.feed,
    stream: read.feed.stream.name,
    slice: read.input.place.seq + 1,
    from,
    to: next.position,
    ...(next.boundary ? { boundary: next.boundary } : {}),
    columns: staged.columns,
    segments: staged.segments,
    rows: { ...rows, filtered: 0, staged: staged.staged },
    extractedAt: new Date().toISOString(),
  };
  const slice = await writeManifest(read.boundaries.stage, read.folder, manifest);
  const boundary = next.boundary ? { boundary: { key: slice.manifest, sha256: slice.sha256 } } : {};
  return { slice, to: next.position, done: mark.done, rows, bytes: staged.bytes, ...boundary };
}

async function nextPosition(read: SliceRead, staged: StagedSlice, mark: MarkEvent) {
  const { feed, boundaries } = read;
  const column = staged.columns.find((candidate) => candidate.name === feed.cursor?.field);
  return advance({
    from: read.input.place.position,
    mark: mark.position,
    ...(feed.cursor ? { cursor: feed.cursor } : {}),
    largest: column && mark.position.kind !== 'exact' ? await largestOf(read, staged, column, mark.position.value) : undefined,
    held: read.held,
    compare: async (a, b) =>
      decimalText(read, column) ? compareDecimals(a, b) : compareStaged(boundaries.engine, column?.stage ?? 'VARCHAR', a, b),
    merge: (held, added) => mergeHeld(read, staged, { held, added }),
  });
}

/** A set can only be added to what was hashed alike. */
async function mergeHeld(
  { boundaries }: SliceRead,
  { repeats }: StagedSlice,
  { held, added }: { readonly held: BoundarySet; readonly added: BoundarySet },
): Promise<BoundarySet> {
  if (sameFields(held.fields, added.fields)) return mergeBoundaries(boundaries, held, added);
  return repeats.length === 0 ? added : mergeBoundaries(boundaries, await rehashed(boundaries, added.fields, repeats), added);
}

/** Numbers without a declared scale are staged as text; only the source can find the largest, and we compare it digit by digit. */
const decimalText = (read: SliceRead, column: StagedColumn | undefined): boolean =>
  read.feed.cursor?.type === 'decimal' && column?.stage === 'VARCHAR';

async function largestOf(
  read: SliceRead,
  staged: StagedSlice,
  cursor: StagedColumn,
  told: string | undefined,
): Promise<Largest | undefined> {
  const segments = await openSegments(read.boundaries.stage, staged);
  const value = staged.staged === 0 ? undefined : (told ?? (await largestValue(read.boundaries, segments, cursor)));
  if (value === undefined) return undefined;
  return {
    value,
    boundary: await collectBoundary(read.boundaries, segments, {
      cursor,
      value,
      isDecimal: read.feed.cursor?.type === 'decimal',
    }),
  };
}
