import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { type Position, START } from '../checkpoint/position.js';
import type { TargetRows } from '../connectors/sdk/hashes.js';
import type { SegmentFile } from '../connectors/sdk/destination.js';
import type { MarkEvent } from '../connectors/sdk/types.js';
import type { Field } from '../schema/types.js';
import { openSegments } from '../stage/reader.js';
import { rowsFile } from '../stage/rows.js';
import { openStage } from '../stage/store.js';
import { SliceWriter } from '../stage/writer.js';
import { readRequest } from './extract.js';
import { type VerifyWork, impossible } from './verify-work.js';

/** However narrow the rows are. */
const SLICE_ROWS = 1_000_000;

interface SourceFiles {
  readonly fields: readonly Field[];
  readonly position: Position;
}

/** Reads what the stream has loaded from its source once more, into Parquet in the comparison's own folder. */
export async function stageSource(work: VerifyWork, { fields, position }: SourceFiles): Promise<readonly SegmentFile[]> {
  const { connector, context } = work.source;
  const feed = { ...work.feed, fields };
  // a position of the source's own can only be compared at its marks: each of them ends one slice, as small as can be
  const sliceBytes = feed.whole ? work.dependencies.sliceBytes : 1;
  const request = { ...readRequest({ place: { position: START } }, feed, work.tempDir), sliceBytes, sliceRows: SLICE_ROWS };
  const { native: _, ...readable } = request;
  const segments: SegmentFile[] = [];
  let writer = writerFor(work, { side: 'source', fields, slice: 0 });
  let slices = 0;
  for await (const event of connector.read(context, readable)) {
    if (event.kind === 'delayed' || event.kind === 'unproven') continue;
    if (event.kind === 'file') await writer.add(event);
    else if (event.kind === 'rows')
      await writer.add(await rowsFile(event, fields, join(work.tempDir, `source-${segments.length}-${slices}.jsonl`)));
    else {
      if (!isLoaded(event, position)) break;
      segments.push(...(await openSegments(stageOf(work), writer.finish(), work.tempDir)));
      slices += 1;
      writer = writerFor(work, { side: 'source', fields, slice: slices });
      work.shell.progress({ step: 'verify', stream: work.input.stream, phase: 'read', slices });
      if (event.done) break;
    }
  }
  return segments;
}

/** Tokens of a source are in the order of their text. */
function isLoaded({ position: mark }: MarkEvent, loaded: Position): boolean {
  if (mark.kind !== 'exact' || mark.position.kind !== 'cursor' || loaded.kind !== 'cursor') return true;
  return (mark.position.cursor.value ?? '') <= (loaded.cursor.value ?? '');
}

interface TargetFiles {
  readonly fields: readonly Field[];
  readonly rows: TargetRows;
}

/** Reads rows of the target back, into Parquet with the types in which they were staged. */
export async function stageTarget(work: VerifyWork, { fields, rows }: TargetFiles): Promise<readonly SegmentFile[]> {
  const { connector, context } = work.destination;
  if (!connector.readBack) return impossible(work, `${connector.title} cannot be read back`);
  const writer = writerFor(work, { side: 'target', fields, slice: 0 });
  const request = { fields, target: work.feed.target, rows, fileBytes: work.dependencies.sliceBytes, tempDir: work.tempDir };
  for await (const event of connector.readBack(context, request)) {
    await writer.add(event);
    work.shell.progress({ step: 'verify', stream: work.input.stream, phase: 'read back', rows: writer.finish().staged });
  }
  return openSegments(stageOf(work), writer.finish(), work.tempDir);
}

/** A stage that lives as long as the comparison. */
const stageOf = ({ tempDir }: VerifyWork) => openStage(pathToFileURL(join(tempDir, 'stage')).href);

interface WriterSide extends Pick<SourceFiles, 'fields'> {
  readonly side: 'source' | 'target';
  readonly slice: number;
}

function writerFor(work: VerifyWork, { side, fields, slice }: WriterSide): SliceWriter {
  return new SliceWriter({
    stage: stageOf(work),
    engine: work.dependencies.engine,
    tempDir: work.tempDir,
    folder: `${side}/${slice}`,
    stream: work.feed.stream.name,
    fields,
    signal: work.shell.signal,
  });
}
