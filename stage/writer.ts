/**
 * Turns what a source hands over into immutable Parquet segments, without loss and without rows in JavaScript.
 * @module
 */
import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { StagedColumn } from '../connectors/sdk/destination.js';
import type { FileEvent, StagedFile } from '../connectors/sdk/types.js';
import type { Engine } from '../platform/duckdb/engine.js';
import { parquetOptions } from '../platform/duckdb/parquet.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import { MillraceError } from '../platform/errors/error.js';
import { caseInsensitiveNames } from '../schema/naming.js';
import { stageType } from '../schema/stage-types.js';
import type { Field } from '../schema/types.js';
import { type CsvReading, type RuleChoice, stagedSelect } from './scan.js';
import { conversionCulprit } from './conversion.js';
import type { SegmentRecord } from './manifest.js';
import type { Stage } from './store.js';
import { type Counts, type Repeats, type Taken, onlyRepeats, requireCounts, stageNew, writeRepeats } from './subtraction.js';

export interface WriterOptions {
  readonly stage: Stage;
  readonly engine: Engine;
  readonly tempDir: string;
  readonly folder: string;
  readonly stream: string;
  readonly fields: readonly Field[];
  readonly signal: AbortSignal;
  /** Rows that are not staged again. */
  readonly taken?: Taken | undefined;
}

export interface StagedSlice {
  readonly columns: readonly StagedColumn[];
  readonly segments: readonly SegmentRecord[];
  readonly extracted: number;
  /** Left out because they had been taken before. */
  readonly repeated: number;
  readonly staged: number;
  readonly bytes: number;
  /** Local files that say which rows these were; see `Subtraction.repeated`. */
  readonly repeats: readonly string[];
}

/** Collects the files of one slice as segments of its folder. */
export class SliceWriter {
  readonly #names: readonly string[];
  readonly #segments: SegmentRecord[] = [];
  #choice: RuleChoice = [];
  #columns: readonly StagedColumn[] | undefined;
  readonly #repeats: string[] = [];
  /** Of a file that held nothing else; written only if another one follows. */
  #unwritten: Repeats | undefined;
  #extracted = 0;
  #repeated = 0;
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
    const stored = await stage.put(`${folder}/${this.#segments.length}.${file.native}`, file.path, file.sha256);
    this.#segments.push({ ...stored, format: file.native, rows: event.rows ?? 0 });
    this.#extracted += event.rows ?? 0;
    this.#bytes += event.bytes;
  }

  async #addReadable(event: FileEvent, file: ReadableFile): Promise<void> {
    const local = join(this.options.tempDir, `segment-${this.#segments.length}.parquet`);
    const { types, ...counts } = await this.#write({ ...event, file }, local);
    if (event.rows !== undefined && counts.seen !== event.rows) {
      throw new MillraceError('load.count_mismatch', {
        detail: `The source sent ${event.rows} rows of ${this.options.stream}, ${counts.seen} were read.`,
        stream: this.options.stream,
      });
    }
    requireCounts(this.options.stream, counts);
    if (this.#unwritten) this.#columns ??= this.#columnsOf(types);
    else await this.#record(local, counts.staged, types);
    this.#extracted += counts.seen;
    this.#repeated += counts.repeated;
    this.#bytes += event.bytes;
    if (file.format === 'csv') await unlink(file.path);
  }

  finish(): StagedSlice {
    return {
      columns: this.#columns ?? [],
      segments: this.#segments,
      extracted: this.#extracted,
      repeated: this.#repeated,
      repeats: this.#repeats,
      staged: this.#segments.reduce((sum, segment) => sum + segment.rows, 0),
      bytes: this.#bytes,
    };
  }

  async #write(event: ReadableEvent, local: string): Promise<Counts & { readonly types: readonly string[] }> {
    for (let parallel = provenParallel(event); ;) {
      const reading = await csvReading(event, parallel);
      const select = stagedSelect(event.file, this.#names, this.#choice, reading);
      try {
        const types = await this.#types(select);
        return { ...(await this.#stage({ select, local, types, expected: event.rows ?? Infinity })), types };
      } catch (error) {
        if (!reading) throw error;
        if (!parallel) this.#choice = await this.#demote(event, reading, error);
        parallel = false;
      }
    }
  }

  async #stage({ select, local, types, expected }: StageStep): Promise<Counts> {
    const { engine, signal, taken } = this.options;
    if (!taken) {
      const { rowsChanged } = await engine.run(copyToParquet(select, local, types), [], signal);
      return { seen: rowsChanged, repeated: 0, staged: rowsChanged };
    }
    const fields = this.#columnsOf(types);
    await this.#writeEarlier();
    if (this.#repeats.length === 0 && expected <= (taken.rows ?? 0)) {
      this.#unwritten = await onlyRepeats(engine, { select, taken, fields }, signal);
      if (this.#unwritten) return countsOf(this.#unwritten);
    }
    const repeated = this.#repeatsPath();
    const subtraction = { select, taken, rest: local, repeated, earlier: this.#repeats, fields };
    const counts = await stageNew(engine, subtraction, signal);
    this.#repeats.push(repeated);
    return counts;
  }

  async #writeEarlier(): Promise<void> {
    const repeats = this.#unwritten;
    this.#unwritten = undefined;
    if (!repeats || repeats.size === 0) return;
    const path = this.#repeatsPath();
    await writeRepeats(this.options.engine, repeats, path);
    this.#repeats.push(path);
  }

  #repeatsPath(): string {
    return join(this.options.tempDir, `repeated-${this.#repeats.length}-${crypto.randomUUID()}.parquet`);
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

interface StageStep {
  readonly select: string;
  readonly local: string;
  readonly types: readonly string[];
  /** Rows of the file, by its source. */
  readonly expected: number;
}

function countsOf(repeats: Repeats): Counts {
  const rows = [...repeats.values()].reduce((sum, count) => sum + count, 0);
  return { seen: rows, repeated: rows, staged: 0 };
}

type NativeFile = Extract<StagedFile, { format: 'native' }>;
type ReadableFile = Exclude<StagedFile, { format: 'native' }>;
type ReadableEvent = FileEvent & { readonly file: ReadableFile };

const copyToParquet = (select: string, path: string, types: readonly string[]): string =>
  `copy (${select}) to ${quoteLiteral(path)} (${parquetOptions(types)})`;

function provenParallel(event: ReadableEvent): boolean {
  return event.file.format === 'csv' && event.rows !== undefined && event.file.lineFeeds === event.rows + 1;
}

async function csvReading(event: ReadableEvent, parallel: boolean): Promise<CsvReading | undefined> {
  if (event.file.format !== 'csv') return undefined;
  return { path: event.file.path, bytes: (await stat(event.file.path)).size, parallel };
}
