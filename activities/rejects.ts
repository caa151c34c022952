import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptRejects, LoadRequest, RejectedRows, SegmentFile } from '../connectors/sdk/destination.js';
import { base32, ID_PREFIXES } from '../platform/db/ids.js';
import type { RejectRecord, StreamRecord } from '../platform/db/store.js';
import type { Engine } from '../platform/duckdb/engine.js';
import { parquetOptions } from '../platform/duckdb/parquet.js';
import { quoteIdentifier, quoteLiteral } from '../platform/duckdb/quote.js';
import { MillraceError, errorText } from '../platform/errors/error.js';
import { sortableTime } from '../schema/sortable-time.js';
import { rejectsFolder } from '../stage/layout.js';
import type { SegmentRecord, SliceManifest } from '../stage/manifest.js';
import { readManifest, writeManifest } from '../stage/reader.js';
import { REASONS_COLUMN, ROW_COLUMN } from '../stage/rejects.js';
import { rowNumberSql } from '../stage/row-number.js';
import type { Stage } from '../stage/store.js';
import type { LoadedRejects, RunRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';

/** A slice whose rows are being loaded. */
export interface LoadingSlice {
  readonly workspaceId: string;
  readonly manifest: SliceManifest;
  /** Key of its manifest. */
  readonly key: string;
  readonly request: Omit<LoadRequest, 'keepRejects'>;
  readonly signal: AbortSignal;
}

/** Takes rejected rows out of a slice's segments into files that outlive the run; nothing of them comes into this process. */
export async function keepRejects(stage: Stage, slice: LoadingSlice, rejected: RejectedRows): Promise<KeptRejects> {
  const { manifest, request, key } = slice;
  const folder = rejectsFolder({
    ...slice,
    connectionId: request.connectionId,
    run: request.run,
    feed: request.feed,
    slice: request.seq,
  });
  const segments = await writeSegments(stage, slice, { folder, rejected });
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  if (rows !== rejected.rows) {
    throw new MillraceError('load.count_mismatch', {
      detail: `${rejected.rows} rows of ${request.stream} were rejected, ${rows} were found in the stage.`,
      stream: request.stream,
    });
  }
  const { track, lineage, seq, run, primaryKey } = request;
  const { boundary: _, transformedFrom: _from, rejected: _before, ...facts } = manifest;
  const kept = await writeManifest(stage, folder, {
    ...facts,
    run,
    segments,
    rows: { extracted: rows, repeated: 0, filtered: 0, staged: rows },
    rejected: { from: key, track, lineage, seq, primaryKey, reasons: rejected.reasons },
  });
  return { manifest: kept.manifest, sha256: kept.sha256, rows };
}

interface Writing {
  readonly folder: string;
  readonly rejected: RejectedRows;
}

async function writeSegments(stage: Stage, slice: LoadingSlice, { folder, rejected }: Writing): Promise<SegmentRecord[]> {
  const { request, manifest, signal } = slice;
  const written: SegmentRecord[] = [];
  let before = 0;
  for (const [index, segment] of request.segments.entries()) {
    const local = join(request.tempDir, `rejected-${index}.parquet`);
    const rows = await writeSegment(request.engine, { segment, before, reasons: rejected.path, local, signal });
    before += segment.rows;
    if (rows === 0) await rm(local);
    else written.push(recordOf(manifest, index, { ...(await stage.put(`${folder}/${written.length}.parquet`, local)), rows }));
  }
  return written;
}

function recordOf({ segments }: SliceManifest, index: number, stored: Omit<SegmentRecord, 'format'>): SegmentRecord {
  const stages = segments[index]?.stages;
  return { ...stored, format: 'parquet', ...(stages ? { stages } : {}) };
}

interface SegmentPart {
  readonly segment: SegmentFile;
  /** Rows of the slice in the segments before. */
  readonly before: number;
  readonly reasons: string;
  readonly local: string;
  readonly signal: AbortSignal;
}

async function writeSegment(engine: Engine, { segment, before, reasons, local, signal }: SegmentPart): Promise<number> {
  const columns = segment.columns.map(({ column }) => quoteIdentifier(column));
  const row = quoteIdentifier(ROW_COLUMN);
  const rejected = `read_csv(${quoteLiteral(reasons)}, header=false, auto_detect=false, columns={'n': 'BIGINT', 'why': 'VARCHAR'}, quote='"', escape='"', new_line='\\n')`;
  const { rowsChanged } = await engine.run(
    `copy (select s.* exclude (${row}), r.n as ${row}, r.why as ${quoteIdentifier(REASONS_COLUMN)}
       from (select ${columns.join(', ')}, ${rowNumberSql(segment)} + ${before} as ${row} from read_parquet(${quoteLiteral(segment.path)})) as s
       join ${rejected} as r on r.n = s.${row} order by r.n)
     to ${quoteLiteral(local)} (${parquetOptions(segment.columns.map(({ stage }) => stage))})`,
    [],
    signal,
  );
  return rowsChanged;
}

/** How many kinds of reasons a run tells of each slice. */
const REASONS_TOLD = 5;

/**
 * Lists rejected rows where people look. What the metadata database cannot take now is handed on, to be written before the run
 * ends: the ledger knows it in any case.
 */
export async function recordRejects(
  { stage, store, log }: ActivityDependencies,
  run: RunRef,
  kept: KeptRejects,
): Promise<LoadedRejects> {
  const manifest = await readManifest(stage, kept);
  const { manifest: key, sha256, rows } = kept;
  const told = { manifest: key, sha256, rows, reasons: (manifest.rejected?.reasons ?? []).slice(0, REASONS_TOLD) };
  try {
    await store.recordRejects(rejectRecord(run, kept, manifest));
    return told;
  } catch (error) {
    log.warn('cannot list rejected rows', { run: run.runId, cause: errorText(error) });
    return { ...told, unrecorded: true };
  }
}

/** Only tells people, and which are asked for next time; that nothing is loaded twice is the ledger's. */
export async function markReplayed({ store, log }: ActivityDependencies, { runId }: RunRef, rejectId: string): Promise<void> {
  await store.markReplayed(rejectId, runId).catch((error: unknown) => {
    log.warn('cannot mark rejected rows as loaded again', { run: runId, reject: rejectId, cause: errorText(error) });
  });
}

/** Lists what could not be listed when it was rejected. A manifest that is gone stops nothing: its rows are gone with it. */
export async function listRejects(
  { stage, store, log }: ActivityDependencies,
  run: RunRef,
  streams: readonly StreamRecord[],
): Promise<void> {
  for (const kept of streams.flatMap(({ rejects }) => rejects?.unrecorded ?? [])) {
    const manifest = await readManifest(stage, kept).catch((error: unknown) => {
      log.warn('rejected rows are gone from the stage', { run: run.runId, cause: errorText(error) });
    });
    if (manifest) await store.recordRejects(rejectRecord(run, kept, manifest));
  }
}

function rejectRecord(run: RunRef, kept: KeptRejects, manifest: SliceManifest): RejectRecord {
  const { rejected, feed, stream, extractedAt } = manifest;
  if (!rejected) throw new MillraceError('engine.internal', { detail: `${kept.manifest} holds no rejected rows.` });
  const { track, lineage, seq, reasons } = rejected;
  const { workspaceId, connectionId, runId, number } = run;
  const id = `${ID_PREFIXES.reject}_${sortableTime(Date.parse(extractedAt))}${rejectDigest(connectionId, feed, { track, lineage, seq })}`;
  return {
    ...{ id, workspaceId, connectionId, runId, runNumber: number, stream, track, lineage, seq, reasons },
    rows: kept.rows,
    manifest: { key: kept.manifest, sha256: kept.sha256 },
  };
}

const ID_BYTES = 10;

/** Ends the id. Made of the slice's place in the ledger, which takes a slice once: however often it is told, it is one reject. */
export function rejectDigest(
  connectionId: string,
  feed: string,
  { track, lineage, seq }: { readonly track: string; readonly lineage: number; readonly seq: number },
): string {
  const address = JSON.stringify([connectionId, feed, track, lineage, seq]);
  return base32(createHash('sha256').update(address).digest().subarray(0, ID_BYTES));
}
