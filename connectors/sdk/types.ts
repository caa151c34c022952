import type { Position } from '../../checkpoint/position.js';
import type { Catalog, Field, StreamDescription } from '../../schema/types.js';
import type { Condition } from '../../schema/connection-config.js';
import type { CursorDistance } from '../../schema/cursor-distance.js';
import type { z } from 'zod';
import type { SourceHashRequest, SourceHashes } from './hashes.js';

/** What every connector call gets. `signal` must reach sockets and queries: it fires on cancel, timeout and shutdown. */
export interface ConnectorContext<Config> {
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly log: ConnectorLog;
  /** Names our sessions in the other system: `millrace/<connection>/<epoch>/<feed>/<attempt>`, at most 63 bytes. */
  readonly sessionName: string;
}

export interface ConnectorLog {
  debug(message: string, facts?: Record<string, unknown>): void;
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
}

export interface CheckResult {
  readonly ok: true;
  /** Facts a person likes to see: server version, user, database. No secrets. */
  readonly facts: Readonly<Record<string, string>>;
}

/** One read of one stream from one position. */
export interface ReadRequest {
  readonly stream: StreamDescription;
  /** The fields to read, in order: the selected ones plus key and cursor. */
  readonly fields: readonly Field[];
  readonly sync: 'full' | 'incremental';
  readonly primaryKey: readonly string[];
  readonly cursorField?: string;
  readonly nullCursor: 'include' | 'exclude' | 'error';
  /** Rows with a NULL cursor are wanted again in every run (merge modes), not only in the first read. */
  readonly rereadNullCursor: boolean;
  readonly settleMs: number;
  /** Only rows that meet all of these are read or counted; their fields need not be among `fields`. See `sdk/filter.ts`. */
  readonly filter?: readonly Condition[];
  /** Rows newer than this wait for a later run: below the clock for times, below the largest value for numbers. */
  readonly holdBack?: CursorDistance;
  /** Rows so far below the cursor are read again, in the same slice as those at the cursor. */
  readonly lag?: CursorDistance;
  readonly position: Position;
  /** A slice should stay near these; a slice always ends at a mark. */
  readonly sliceRows: number;
  readonly sliceBytes: number;
  /** A private folder for files handed over by `file` events; the engine removes it. */
  readonly tempDir: string;
  /** Set when the destination takes this format of the source's as it is, and nothing looks at the rows in between. */
  readonly native?: string;
}

/** Some rows of a stream, to look at. */
export interface PreviewRequest extends Pick<ReadRequest, 'stream' | 'fields' | 'filter' | 'tempDir'> {
  /** At most so many rows. */
  readonly limit: number;
}

/** What a read from a position would bring now. */
export interface ReadEstimate {
  /** Null where the source cannot tell. */
  readonly rows: number | null;
  /** `rows` were counted, and not guessed. */
  readonly exact: boolean;
  /** So many of `rows` lie at the cursor's last value or within `lag`: they are read again, and most of them are known already. */
  readonly again: number;
  /** The value of the cursor field up to which the read would go; null where there is none. */
  readonly upTo: string | null;
  /** Why newer rows would wait for a later run. */
  readonly delayed?: string;
  /** Why the upper bound could not be proven (I4), in words that follow a colon. */
  readonly unproven?: string;
}

/** Plain objects with a value per field; anything that is not a string, number, boolean, bigint or null is passed as text. */
export interface RowsEvent {
  readonly kind: 'rows';
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A file the engine reads with DuckDB, so that rows never become JavaScript objects. */
export interface FileEvent {
  readonly kind: 'file';
  readonly file: StagedFile;
  /** Rows in the file where the source counted them; the engine compares (I7). */
  readonly rows?: number;
  readonly bytes: number;
}

/** How one column of a CSV file becomes a staged column; tried in order until every value of the file fits. */
export interface CsvColumnRule {
  /** Type in DuckDB's `read_csv`. */
  readonly read: string;
  /** Expression that yields the staged value from the column reference. */
  readonly stage: (column: string) => string;
}

export type StagedFile =
  | {
      /** Rows in a format that the destination reads itself; see `ReadRequest.native`. */
      readonly format: 'native';
      readonly native: string;
      readonly path: string;
      /** Of its contents, in hex, where it was computed as they came. */
      readonly sha256?: string;
    }
  | {
      /** CSV with a header line, comma, double quotes, LF, NULL as nothing and '' as `""`: what Postgres writes. */
      readonly format: 'csv';
      readonly path: string;
      /** One line feed more than rows proves that no value spans lines, so the file may be read in parallel. */
      readonly lineFeeds: number;
      /** Per requested field, in order: at least one rule, the last one must hold any text. */
      readonly columns: readonly (readonly CsvColumnRule[])[];
    }
  | {
      readonly format: 'duckdb-scan';
      /** A DuckDB table expression over local files, made by the connector, never by users: `read_csv('…', …)`. */
      readonly scan: string;
      /** Per requested field, in order: the expression over the scan that yields its staged value. */
      readonly select: readonly string[];
      /** For messages: which files these are, in the source's own names. */
      readonly label: string;
    };

/**
 * Everything before the mark is covered by `position`. `largest` asks the engine to complete the position with the
 * largest cursor value it staged and with its boundary set.
 */
export interface MarkEvent {
  readonly kind: 'mark';
  readonly position: MarkPosition;
  /** The stream has nothing more in this run. */
  readonly done: boolean;
}

export type MarkPosition =
  | { readonly kind: 'exact'; readonly position: Position }
  /** Incremental slice: the cursor becomes the largest value staged, or stays when nothing was. */
  | {
      readonly kind: 'largest';
      /** Given by sources whose cursor values only they can compare; the engine finds it otherwise. */
      readonly value?: string;
    }
  /** First read of an incremental stream: scan on, or done: the cursor becomes the largest value of the whole scan. */
  | {
      readonly kind: 'scanned';
      readonly by: readonly string[];
      /** Key of the last row read; null when the scan is complete. */
      readonly after: readonly string[] | null;
      readonly upper: string | null;
      readonly value?: string;
    };

/** Rows may still be on their way below the upper bound; the run goes on without them and says so. Not a failure. */
export interface DelayedEvent {
  readonly kind: 'delayed';
  readonly reason: string;
}

/**
 * Nobody can tell whether rows are still on their way below the upper bound (I4). Comes before any data; the engine decides
 * whether the read goes on.
 */
export interface UnprovenEvent {
  readonly kind: 'unproven';
  /** Why, in words that follow a colon. */
  readonly reason: string;
}

export type ReadEvent = RowsEvent | FileEvent | MarkEvent | DelayedEvent | UnprovenEvent;

export interface ConnectorInfo<Config> {
  readonly id: string;
  readonly title: string;
  readonly stability: 'stable' | 'beta' | 'alpha';
  /** Validates and documents the configuration; mark secret fields with `secret()`. */
  readonly config: z.ZodType<Config>;
}

/** A source. An optional ability is the presence of its method. */
export interface SourceDefinition<Config> extends ConnectorInfo<Config> {
  /** Who knows how far a stream was read: one of its fields (default), or the source itself, e.g. by a file's time of change. */
  readonly cursor?: 'field' | 'source';
  /** Connects and proves that reading is possible. @throws MillraceError `connector.*` */
  check(context: ConnectorContext<Config>): Promise<CheckResult>;
  /** Lists streams with fields, keys and estimates; only `streams` when given. */
  discover(context: ConnectorContext<Config>, streams?: readonly string[]): Promise<Catalog>;
  /**
   * Reads from `request.position` on. Yields data, then a mark, and so on. The engine may stop after any mark, and later
   * goes on from that mark's position, maybe in another process: nothing may be kept between calls.
   */
  read(context: ConnectorContext<Config>, request: ReadRequest): AsyncIterable<ReadEvent>;
  /**
   * Reads the rows of one window of the cursor field, in slices as `read` does; its marks are exact and say nothing of the
   * stream's cursor. Present where the source can be asked for a window.
   */
  readWindow?(context: ConnectorContext<Config>, request: ReadRequest, window: ColumnWindow): AsyncIterable<ReadEvent>;
  /**
   * Some rows of a stream, soon and whatever its size, in the order that costs the source least. Yields data as `read` does, but
   * no marks. The source is only read, and not for long. A repeated call may give other rows.
   */
  preview?(context: ConnectorContext<Config>, request: PreviewRequest): AsyncIterable<RowsEvent | FileEvent>;
  /**
   * What `read` with this request, or `readWindow`, would bring now, without reading it: counted where few rows are expected, guessed where many
   * are. Does not wait for writers in flight; says instead what a run might wait for. Changes nothing.
   */
  estimate?(context: ConnectorContext<Config>, request: ReadRequest, window?: ColumnWindow): Promise<ReadEstimate>;
  /** A bulk format in which these fields can be read without loss. */
  nativeFormat?(fields: readonly Field[]): string | undefined;
  /** The rows of a stream as hashes that the source makes itself; undefined where they would not be like the other side's. */
  sourceHashes?(context: ConnectorContext<Config>, request: SourceHashRequest): Promise<SourceHashes | undefined>;
}

/** Rows whose field is at or above `from`, and below both `to` and `below`; open where absent. Values are the source's own text. */
export interface ColumnWindow {
  readonly field: string;
  readonly from?: string;
  readonly to?: string;
  readonly below?: string;
}
