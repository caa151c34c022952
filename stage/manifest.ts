/**
 * What a staged slice says of itself. Documented in FORMAT.md and frozen by `test/golden`: anyone may read it.
 * @module
 */
import type { BoundarySet, Position } from '../checkpoint/position.js';
import type { RejectReason, StagedColumn } from '../connectors/sdk/destination.js';

export const STAGE_FORMAT = 'millrace-stage/1';

export interface SegmentRecord {
  /** Path below the stage's root. */
  readonly key: string;
  /** `parquet`, or the name of a native format (FORMAT.md). */
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** DuckDB types of the columns where they differ from the manifest's, in order of the columns. */
  readonly stages?: readonly string[];
}

export interface SliceManifest {
  readonly format: typeof STAGE_FORMAT;
  readonly connection: string;
  readonly run: number;
  readonly feed: string;
  readonly stream: string;
  readonly slice: number;
  readonly from: Position;
  readonly to: Position;
  readonly boundary?: BoundarySet;
  readonly columns: readonly StagedColumn[];
  readonly segments: readonly SegmentRecord[];
  /** extracted = repeated + staged; filtered counts what a row-wise transform left out since (I7). */
  readonly rows: { readonly extracted: number; readonly repeated: number; readonly filtered: number; readonly staged: number };
  readonly extractedAt: string;
  /** Present on the output of a transform: the manifest that went in. */
  readonly transformedFrom?: string;
  /** Present on rejected rows: where they come from. */
  readonly rejected?: RejectedFrom;
}

/** What is known of rejected rows, so that they can be listed and loaded again without anything else. */
export interface RejectedFrom {
  /** Key of the manifest of the slice that they were in. */
  readonly from: string;
  /** The slice's place in the ledger. */
  readonly track: string;
  readonly lineage: number;
  readonly seq: number;
  readonly primaryKey: readonly string[];
  readonly reasons: readonly RejectReason[];
}

/** What workflows carry instead of rows. */
export interface SliceRef {
  readonly manifest: string;
  readonly sha256: string;
  readonly rows: number;
  readonly bytes: number;
}

export function segmentColumns(manifest: Pick<SliceManifest, 'columns'>, segment: SegmentRecord): readonly StagedColumn[] {
  return segment.stages
    ? manifest.columns.map((column, index) => ({ ...column, stage: segment.stages?.[index] ?? column.stage }))
    : manifest.columns;
}
