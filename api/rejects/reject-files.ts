import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { SegmentFile } from '../../connectors/sdk/destination.js';
import { type Engine, openTrustedEngine } from '../../platform/duckdb/engine.js';
import { quoteIdentifier, quoteLiteral } from '../../platform/duckdb/quote.js';
import { MillraceError } from '../../platform/errors/error.js';
import { openSegments, readManifest } from '../../stage/reader.js';
import { REASONS_COLUMN, ROW_COLUMN } from '../../stage/rejects.js';
import type { Stage } from '../../stage/store.js';
import type { DownloadFormat, RejectedRow } from './reject-schemas.js';

/** Where the rows of one reject are. */
interface Ref {
  readonly key: string;
  readonly sha256: string;
}

const VALUE_CHARS = 2_000;
const ROW = quoteIdentifier(ROW_COLUMN);
const REASONS = quoteIdentifier(REASONS_COLUMN);

const COPY_OPTIONS: Readonly<Record<DownloadFormat, string>> = {
  parquet: 'format parquet, compression zstd',
  csv: 'format csv, header true',
  ndjson: 'format json',
};

/** Reads rejected rows from the stage, so that they pass through nothing else. The engine is opened when it is first needed. */
export class RejectFiles {
  #engine: Promise<{ readonly engine: Engine; readonly folder: string }> | undefined;

  constructor(private readonly stage: Stage | undefined) {}

  /** Rows after the given number, at most `limit`, as text. @throws MillraceError `rejects.unreadable` */
  async rows(ref: Ref, { limit, after }: { readonly limit: number; readonly after: number }): Promise<RejectedRow[]> {
    await using reading = await this.open(ref);
    const { segments, engine } = reading;
    const parts = segments.map((segment) => textsOf(segment, after));
    const found = await engine.rows(`select * from (${parts.join(' union all ')}) order by n limit ${limit}`);
    const names = segments[0]?.columns.map(({ name }) => name) ?? [];
    return found.map((row) => ({
      row: Number(row['n']),
      reasons: JSON.parse(String(row['why'])) as RejectedRow['reasons'],
      values: Object.fromEntries(names.map((name, index) => [name, textOrNull(row[`c${index}`])])),
    }));
  }

  /** All rows as one file; it is gone from here when it was read. @throws MillraceError `rejects.unreadable` */
  async download(ref: Ref, format: DownloadFormat): Promise<Readable> {
    const reading = await this.open(ref);
    try {
      const stream = createReadStream(await asOneFile(reading, format));
      return stream.once('close', () => void reading[Symbol.asyncDispose]());
    } catch (error) {
      await reading[Symbol.asyncDispose]();
      throw error;
    }
  }

  async close(): Promise<void> {
    const opened = await this.#engine;
    await opened?.engine.close();
    if (opened) await rm(opened.folder, { recursive: true, force: true });
  }

  private async open(ref: Ref): Promise<Reading> {
    const { engine, folder: parent } = await (this.#engine ??= openEngine());
    const folder = await mkdtemp(join(parent, 'read-'));
    const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      return { segments: await this.segments(ref, folder), engine, folder, [Symbol.asyncDispose]: dispose };
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  private async segments({ key, sha256 }: Ref, folder: string): Promise<SegmentFile[]> {
    if (!this.stage) throw unreadable('MILLRACE_STAGE_URL is not set for the API.');
    try {
      return await openSegments(this.stage, await readManifest(this.stage, { manifest: key, sha256 }), folder);
    } catch (error) {
      throw unreadable(error instanceof Error ? error.message : String(error), error);
    }
  }
}

/** Rejected rows of one slice, with a folder that goes when they have been read. */
interface Reading extends AsyncDisposable {
  readonly segments: readonly SegmentFile[];
  readonly engine: Engine;
  readonly folder: string;
}

async function asOneFile({ segments, engine, folder }: Reading, format: DownloadFormat): Promise<string> {
  const [only] = segments;
  if (format === 'parquet' && only && segments.length === 1) return only.path;
  const path = join(folder, 'rows');
  const parts = segments.map(({ path: from }) => `select * from read_parquet(${quoteLiteral(from)})`);
  await engine.run(
    `copy (${parts.join(' union all by name ')} order by ${ROW}) to ${quoteLiteral(path)} (${COPY_OPTIONS[format]})`,
  );
  return path;
}

async function openEngine(): Promise<{ readonly engine: Engine; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-api-'));
  return { engine: await openTrustedEngine({ tempDirectory: folder, memoryLimit: '256MB' }), folder };
}

/** Columns by their place: names may be equal but for case. */
function textsOf({ path, columns }: SegmentFile, after: number): string {
  const texts = columns.map(({ column, stage }, index) => {
    const name = quoteIdentifier(column);
    const text = stage === 'BLOB' ? `'\\x' || hex(${name})` : `${name}::VARCHAR`;
    return `left(${text}, ${VALUE_CHARS}) as c${index}`;
  });
  return `select ${ROW} as n, ${REASONS} as why, ${texts.join(', ')} from read_parquet(${quoteLiteral(path)}) where ${ROW} > ${after}`;
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function unreadable(detail: string, cause?: unknown): MillraceError {
  return new MillraceError('rejects.unreadable', { detail, cause });
}
