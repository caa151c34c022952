/**
 * Turns what a source hands over into immutable Parquet segments, without loss and without rows in JavaScript.
 * @module
 */
import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileEvent, StagedColumn, StagedFile } from '../connectors/sdk/types.js';
import type { Engine } from '../platform/duckdb/engine.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import { MillraceError } from '../platform/errors/error.js';
import { caseInsensitiveNames } from '../schema/naming.js';
import { stageType } from '../schema/stage-types.js';
import type { Field } from '../schema/types.js';
import { type CsvReading, type RuleChoice, stagedSelect } from './scan.js';
import { conversionCulprit } from './conversion.js';
import type { SegmentRecord } from './manifest.js';
import type { Stage } from './store.js';

export interface WriterOptions {
  readonly stage: Stage;
  readonly engine: Engine;
  readonly tempDir: string;
  readonly folder: string;
  readonly stream: string;
  readonly fields: readonly Field[];
  readonly signal: AbortSignal;
  /** Rewrites the SELECT of a file's rows, e.g. to subtract rows already taken. */
  readonly reduce?: ((select: string) => string) | undefined;
}

export interface StagedSlice {
  readonly columns: readonly StagedColumn[];
  readonly segments: readonly SegmentRecord[];
  readonly extracted: number;
  readonly staged: number;
  readonly bytes: number;
}

/** Collects the files of one slice as segments of its folder. */
export class SliceWriter {
  readonly #names: readonly string[];
  readonly #segments: SegmentRecord[] = [];
  #choice: RuleChoice = [];
  #columns: readonly StagedColumn[] | undefined;
  #extracted = 0;
  #bytes = 0;

  constructor(private readonly options: WriterOptions) {
    this.#names = caseInsensitiveNames(options.fields.map((field) => field.name));
  }

  /** Stages one file and removes it. I7: the rows that DuckDB saw must be the rows that the source counted. */
  async add(event: FileEvent): Promise<void> {
    if (event.file.format === 'native') return this.#addNative(event, event.file);
    return this.#addReadable(event, event.file);
  }

  /** Rows in a native format are only counted, by the source here and by the destination when it loads them. */
  async #addNative(event: FileEvent, file: NativeFile): Promise<void> {
    const { stage, folder, fields } = this.options;
    this.#columns ??= this.#columnsOf(fields.map((field) => stageType(field.type)));
    const stored = await stage.put(`${folder}/${this.#segments.length}.${file.native}`, file.path);
    this.#segments.push({ ...stored, format: file.native, rows: event.rows ?? 0 });
    this.#extracted += event.rows ?? 0;
    this.#bytes += event.bytes;
  }

  async #addReadable(event: FileEvent, file: ReadableFile): Promise<void> {
    const local = join(this.options.tempDir, `segment-${this.#segments.length}.parquet`);
    const { rows, seen, select } = await this.#write({ ...event, file }, local);
    if (event.rows !== undefined && seen !== event.rows) {
      throw new MillraceError('load.count_mismatch', {
        detail: `The source sent ${event.rows} rows of ${this.options.stream}, ${seen} were staged.`,
        stream: this.options.stream,
      });
    }
    await this.#record(local, rows, await this.#types(select));
    this.#extracted += seen;
    this.#bytes += event.bytes;
    if (file.format === 'csv') await unlink(file.path);
  }

  finish(): StagedSlice {
    return {
      columns: this.#columns ?? [],
      segments: this.#segments,
      extracted: this.#extracted,
      staged: this.#segments.reduce((sum, segment) => sum + segment.rows, 0),
      bytes: this.#bytes,
    };
  }

  async #write(event: ReadableEvent, local: string): Promise<{ rows: number; seen: number; select: string }> {
    const { engine, signal, reduce } = this.options;
    for (let parallel = provenParallel(event); ;) {
      const reading = await csvReading(event, parallel);
      const select = stagedSelect(event.file, this.#names, this.#choice, reading);
      try {
        const { rowsChanged } = await engine.run(copyToParquet(reduce?.(select) ?? select, local), [], signal);
        return { rows: rowsChanged, seen: reduce ? (event.rows ?? (await this.#count(select))) : rowsChanged, select };
      } catch (error) {
        if (!reading) throw error;
        if (!parallel) this.#choice = await this.#demote(event, reading, error);
        parallel = false;
      }
    }
  }

  /** The next rule for the column that a value did not fit. @throws what DuckDB threw when no column is to blame */
  async #demote(event: ReadableEvent, reading: CsvReading, error: unknown): Promise<RuleChoice> {
    if (event.file.format !== 'csv') throw error;
    const culprit = await conversionCulprit(this.options.engine, {
      rules: event.file.columns,
      choice: this.#choice,
      reading,
      error,
    });
    if (culprit === undefined) throw error;
    return event.file.columns.map((_, index) => (this.#choice[index] ?? 0) + (index === culprit ? 1 : 0));
  }

  async #count(select: string): Promise<number> {
    const [row] = await this.options.engine.rows(`select count(*)::varchar as n from (${select})`, [], this.options.signal);
    return Number(row?.['n']);
  }

  async #types(select: string): Promise<string[]> {
    const rows = await this.options.engine.rows(`select column_type from (describe ${select})`, [], this.options.signal);
    return rows.map((row) => String(row['column_type']));
  }

  async #record(local: string, rows: number, types: readonly string[]): Promise<void> {
    const { stage, folder } = this.options;
    this.#columns ??= this.#columnsOf(types);
    const stored = await stage.put(`${folder}/${this.#segments.length}.parquet`, local);
    const differs = this.#columns.some((column, index) => column.stage !== types[index]);
    this.#segments.push({ ...stored, format: 'parquet', rows, ...(differs ? { stages: types } : {}) });
  }

  #columnsOf(types: readonly string[]): StagedColumn[] {
    return this.options.fields.map((field, index) => ({
      ...field,
      column: this.#names[index] ?? field.name,
      stage: types[index] ?? 'VARCHAR',
    }));
  }
}

type NativeFile = Extract<StagedFile, { format: 'native' }>;
type ReadableFile = Exclude<StagedFile, { format: 'native' }>;
type ReadableEvent = FileEvent & { readonly file: ReadableFile };

const copyToParquet = (select: string, path: string): string =>
  `copy (${select}) to ${quoteLiteral(path)} (format parquet, compression zstd)`;

function provenParallel(event: ReadableEvent): boolean {
  return event.file.format === 'csv' && event.rows !== undefined && event.file.lineFeeds === event.rows + 1;
}

async function csvReading(event: ReadableEvent, parallel: boolean): Promise<CsvReading | undefined> {
  if (event.file.format !== 'csv') return undefined;
  return { path: event.file.path, bytes: (await stat(event.file.path)).size, parallel };
}
