import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Engine, openTrustedEngine } from '../../../platform/duckdb/engine.js';
import { quoteIdentifier, quoteList } from '../../../platform/duckdb/quote.js';
import type { Field } from '../../../schema/types.js';
import { openSegments } from '../../../stage/reader.js';
import { rowsFile } from '../../../stage/rows.js';
import { type Stage, openStage } from '../../../stage/store.js';
import { SliceWriter, type StagedSlice } from '../../../stage/writer.js';
import type { RowsEvent } from '../types.js';
import type { ExpectedRow } from './harness.js';

/** A row as one text per field, after it went through the stage; rows are compared by these. */
export type StagedRow = readonly (string | null)[];

/** The real stage and the real DuckDB over a folder that is removed. */
export class Bench implements AsyncDisposable {
  #folders = 0;

  private constructor(
    readonly home: string,
    readonly engine: Engine,
    readonly stage: Stage,
  ) {}

  static async open(): Promise<Bench> {
    const home = await mkdtemp(join(tmpdir(), 'millrace-conformance-'));
    const engine = await openTrustedEngine({ tempDirectory: home });
    return new Bench(home, engine, openStage(pathToFileURL(join(home, 'stage')).href));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
    await rm(this.home, { recursive: true, force: true });
  }

  /** A private folder that a connector may write to. */
  async folder(): Promise<string> {
    const path = join(this.home, `temp-${this.#folders++}`);
    await mkdir(path);
    return path;
  }

  /** Rows in the order in which they were staged, only of these fields when given. */
  async rowsOf(staged: StagedSlice, fields: readonly string[] = staged.columns.map(({ name }) => name)): Promise<StagedRow[]> {
    const segments = await openSegments(this.stage, staged, this.home);
    const wanted = fields.map((name) => staged.columns.find((column) => column.name === name)?.column ?? name);
    const rows: StagedRow[] = [];
    for (const { path } of segments) {
      const values = wanted.map((column, index) => `cast(${quoteIdentifier(column)} as varchar) as c${index}`);
      const found = await this.engine.rows(`select ${values.join(', ')} from read_parquet(${quoteList([path])})`);
      rows.push(...found.map((row) => wanted.map((_, index) => (row[`c${index}`] ?? null) as string | null)));
    }
    return rows;
  }

  /** What an author expects, staged as a source's own rows are, so that both sides print values alike. */
  async expected(fields: readonly Field[], rows: readonly ExpectedRow[], signal: AbortSignal): Promise<StagedRow[]> {
    const tempDir = await this.folder();
    const { engine, stage } = this;
    const writer = new SliceWriter({
      stage,
      engine,
      tempDir,
      folder: `expected-${this.#folders++}`,
      stream: 'expected',
      fields,
      signal,
    });
    await writer.add(await rowsFile({ kind: 'rows', rows: rows as RowsEvent['rows'] }, fields, join(tempDir, 'rows.jsonl')));
    return this.rowsOf(writer.finish());
  }
}
