import {
  type BoundarySet,
  type CursorType,
  type Position,
  START,
  parsePosition,
  positionText,
  samePosition,
} from '../../../../checkpoint/position.js';
import { type ReadFrom, nextPosition, takenBefore } from '../../../../checkpoint/slice-end.js';
import { join } from 'node:path';
import type { Condition } from '../../../../schema/connection-config.js';
import type { CursorDistance } from '../../../../schema/cursor-distance.js';
import type { Field, StreamDescription } from '../../../../schema/types.js';
import { rowsFile } from '../../../../stage/rows.js';
import { SliceWriter, type StagedSlice } from '../../../../stage/writer.js';
import type { MarkEvent, ReadRequest } from '../../types.js';
import type { StagedRow } from '../bench.js';
import { CheckFault } from '../report.js';
import type { SourceSession } from './session.js';

/** What is read of a stream, and how. */
export interface Ask {
  readonly stream: StreamDescription;
  readonly sync: 'full' | 'incremental';
  readonly fields?: readonly Field[];
  readonly cursor?: { readonly field: string; readonly type: CursorType };
  readonly filter?: readonly Condition[];
  readonly holdBack?: CursorDistance;
  readonly lag?: CursorDistance;
}

/** Where a read goes on: all that outlives a process. */
export interface Place {
  readonly position: Position;
  readonly held?: BoundarySet;
}

export interface Slice {
  readonly from: Place;
  readonly to: Place;
  readonly done: boolean;
  readonly rows: readonly StagedRow[];
  readonly staged: StagedSlice;
}

export const BEGINNING: Place = { position: START };

/** Reads one slice as the engine does: a call of `read` that ends at the first mark. Nothing but the place came from before. */
export async function readSlice(session: SourceSession, ask: Ask, from: Place): Promise<Slice> {
  const fields = ask.fields ?? ask.stream.fields;
  const { signal, bench } = session;
  const { engine, stage } = bench;
  const tempDir = await bench.folder();
  const boundaries = { engine, stage, tempDir, folder: `boundaries-${crypto.randomUUID()}`, signal };
  const read: ReadFrom = {
    position: from.position,
    fields,
    ...(ask.cursor ? { cursor: ask.cursor } : {}),
    held: from.held,
    boundaries,
  };
  const folder = `slice-${crypto.randomUUID()}`;
  const writer = new SliceWriter({
    stage,
    engine,
    tempDir,
    folder,
    stream: ask.stream.name,
    fields,
    signal,
    taken: await takenBefore(read),
  });
  const mark = await stageUntilMark(session, requestOf(session, ask, { from, tempDir }), writer);
  const staged = writer.finish();
  if (!mark) return withoutMark(from, staged);
  const { position, boundary } = await nextPosition(read, staged, mark);
  const rows = await bench.rowsOf(staged);
  return { from, to: forgotten({ position, ...(boundary ? { held: boundary } : {}) }), done: mark.done, rows, staged };
}

async function stageUntilMark(session: SourceSession, request: ReadRequest, writer: SliceWriter): Promise<MarkEvent | undefined> {
  let batches = 0;
  for await (const event of session.definition.read(session.context(), request)) {
    switch (event.kind) {
      case 'mark':
        return event;
      case 'file':
        await writer.add(event);
        break;
      case 'rows':
        await writer.add(await rowsFile(event, request.fields, join(request.tempDir, `rows-${batches++}.jsonl`)));
        break;
      case 'delayed':
      case 'unproven':
        session.said.push(event.reason);
        break;
      default:
        throw new CheckFault(
          `read yields an event of kind ${String((event as { kind: unknown }).kind)}.`,
          'Yield rows, file, mark, delayed or unproven.',
        );
    }
  }
  return undefined;
}

/** A source may say nothing when nothing is there; rows without a mark behind them would never be loaded. */
function withoutMark(from: Place, staged: StagedSlice): Slice {
  if (staged.staged === 0) return { from, to: from, done: true, rows: [], staged };
  throw new CheckFault(
    `read ends after ${staged.staged} rows without a mark: they would never be loaded.`,
    'End with a mark that has done: true.',
  );
}

/** Through text and back, as a workflow keeps it. */
const forgotten = ({ position, held }: Place): Place => ({
  position: parsePosition(positionText(position)),
  ...(held ? { held: JSON.parse(JSON.stringify(held)) as BoundarySet } : {}),
});

export function requestOf(
  { limits }: SourceSession,
  { stream, sync, fields = stream.fields, cursor, filter, holdBack, lag }: Ask,
  { from, tempDir }: { readonly from: Place; readonly tempDir: string },
): ReadRequest {
  return {
    stream,
    fields,
    sync,
    primaryKey: stream.primaryKey ?? [],
    ...(cursor ? { cursorField: cursor.field } : {}),
    nullCursor: 'include',
    rereadNullCursor: false,
    settleMs: limits.settleMs,
    ...(filter ? { filter } : {}),
    ...(holdBack ? { holdBack } : {}),
    ...(lag ? { lag } : {}),
    position: from.position,
    sliceRows: limits.sliceRows,
    sliceBytes: limits.sliceBytes,
    tempDir,
  };
}

export interface WholeRead {
  readonly slices: readonly Slice[];
  readonly rows: readonly StagedRow[];
  readonly end: Place;
  /** False when it was broken off after the slices that are allowed. */
  readonly complete: boolean;
}

/** Slice after slice until the source says that it is done. */
export async function readOn(session: SourceSession, ask: Ask, from: Place = BEGINNING): Promise<WholeRead> {
  const slices: Slice[] = [];
  let place = from;
  for (let done = false; !done && slices.length < session.limits.maxSlices;) {
    const slice = await readSlice(session, ask, place);
    refuseStanding(ask, slice);
    slices.push(slice);
    ({ done, to: place } = slice);
  }
  return { slices, rows: slices.flatMap(({ rows }) => rows), end: place, complete: slices.at(-1)?.done ?? true };
}

/** The engine would ask for ever. */
function refuseStanding({ stream }: Ask, { from, to, done, staged }: Slice): void {
  if (done || staged.staged > 0 || !samePosition(from.position, to.position)) return;
  throw new CheckFault(
    `A mark of ${stream.name} stands where the read began, brings nothing new and is not done: the engine would ask for ever.`,
    'End a slice only where the cursor has moved on: behind all rows of one value.',
  );
}
