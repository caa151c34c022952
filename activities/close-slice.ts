import type { BoundaryStore } from '../checkpoint/boundary-store.js';
import { type BoundarySet, samePosition } from '../checkpoint/position.js';
import { type ReadFrom, nextPosition } from '../checkpoint/slice-end.js';
import type { MarkEvent } from '../connectors/sdk/types.js';
import { STAGE_FORMAT, type SliceManifest } from '../stage/manifest.js';
import { writeManifest } from '../stage/reader.js';
import type { StagedSlice } from '../stage/writer.js';
import type { ExtractInput, Extracted } from './contract.js';
import type { FeedPlan } from './plan.js';

/** One slice being read. */
export interface SliceRead {
  readonly input: ExtractInput;
  readonly feed: FeedPlan;
  readonly folder: string;
  readonly held: BoundarySet | undefined;
  readonly boundaries: BoundaryStore;
}

export const readFrom = ({ input, feed, held, boundaries }: SliceRead): ReadFrom => ({
  position: input.place.position,
  fields: feed.fields,
  ...(feed.cursor ? { cursor: feed.cursor } : {}),
  held,
  boundaries,
});

/** A source's mark ends the slice: finds the next position and seals what was staged with a manifest (I8). */
export async function closeSlice(read: SliceRead, staged: StagedSlice, mark: MarkEvent): Promise<Extracted> {
  const { position: from } = read.input.place;
  const { extracted, repeated } = staged;
  const rows = { extracted, repeated };
  const next = await nextPosition(readFrom(read), staged, mark);
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
