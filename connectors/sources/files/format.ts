import type { Engine } from '../../../platform/duckdb/engine.js';
import type { Field } from '../../../schema/types.js';
import type { FileStream } from './config.js';
import type { SourceFile } from './listing.js';
import type { TextRule } from './text-types.js';

/** What a format works with. */
export interface FormatContext {
  readonly engine: Engine;
  readonly stream: FileStream;
  readonly signal: AbortSignal;
}

/** Files that are read by one statement, in order. */
export interface Batch {
  readonly files: readonly SourceFile[];
  /** Yields one column `v0`, `v1` … per field: text where the rule has a check. */
  readonly select: (files: readonly SourceFile[]) => string;
  /** Per field, in order. */
  readonly rules: readonly TextRule[];
  /** Records by a count of its own, to compare with DuckDB's; undefined where there is none. */
  readonly expectedRows?: () => Promise<number | undefined>;
  /** In words, where the record (from 1) of a file stands: `line 17`. */
  readonly place: (file: SourceFile, record: number) => Promise<string>;
}

/** One file format. */
export interface FileFormat {
  /** Fields over some of the files, in order of first appearance, with types that hold every sampled value. */
  discover(context: FormatContext, files: readonly SourceFile[]): Promise<readonly Field[]>;
  /** Groups files, without changing their order. */
  batches(context: FormatContext, files: readonly SourceFile[], fields: readonly Field[]): Promise<readonly Batch[]>;
}
