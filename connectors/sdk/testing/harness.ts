import type { WriteMode } from '../../../schema/connection-config.js';
import type { Field, Target } from '../../../schema/types.js';
import type { DestinationDefinition } from '../destination.js';
import type { SourceDefinition } from '../types.js';

/** A row with a value per field, as its author would write it; what is left out is NULL. */
export type ExpectedRow = object;

/**
 * What an author gives to have a source tested: the definition, configurations for a real system, and what is in it.
 *
 * @example
 * const harness: SourceHarness = {
 *   definition: source,
 *   goodConfig: { url: server.url, token: 'right' },
 *   badConfig: { url: server.url, token: 'wrong' },
 *   streams: [{ name: 'orders', rows: server.orders, makeChanges: () => server.addOrders(2) }],
 * };
 */
export interface SourceHarness {
  // A definition knows its own configuration; here it is only what its schema accepts.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly definition: SourceDefinition<any>;
  /** As a user writes it, secrets in clear. */
  readonly goodConfig: unknown;
  /** The same system with credentials that it refuses; what has no credentials has none. */
  readonly badConfig?: unknown;
  /** Streams that are read; the first three that are discovered when absent. */
  readonly streams?: readonly StreamCase[];
  readonly limits?: HarnessLimits;
}

/** One stream, and what is known of it. */
export interface StreamCase {
  readonly name: string;
  /** Every row of the stream before `makeChanges`. Without it reads are only compared with each other. */
  readonly rows?: readonly ExpectedRow[];
  /** The field that incremental reads follow; the first candidate of the catalog when absent. */
  readonly cursorField?: string;
  /** Adds or changes rows in the system. @returns exactly what the next incremental read is to bring */
  makeChanges?(): Promise<readonly ExpectedRow[]>;
}

/** What an author gives to have a destination tested. Its tables are made anew, under names that nothing else has. */
export interface DestinationHarness {
  // A definition knows its own configuration; here it is only what its schema accepts.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly definition: DestinationDefinition<any>;
  /** As a user writes it, secrets in clear. */
  readonly goodConfig: unknown;
  /** The same system with credentials that it refuses. */
  readonly badConfig?: unknown;
  /** Where the suite puts its tables. */
  readonly schema: string;
  /**
   * All rows of a table as the system itself shows them, by another way than the connector's: a text per column. Columns
   * named `_millrace_*` are looked at only where a mode is made of them. No rows when the table is not there.
   */
  rowsOf(target: Target): Promise<readonly ExpectedRow[]>;
  /**
   * A value of a nullable field that can be staged, and that the system refuses to store. Absent where it holds whatever can be
   * staged: then no row is ever rejected.
   */
  readonly refused?: { readonly field: Field; readonly value: unknown };
  /** Modes that it can load; those of the definition when absent. */
  readonly modes?: readonly WriteMode[];
  readonly limits?: HarnessLimits;
}

/** How much is read. */
export interface HarnessLimits {
  /** What a slice should stay near, so that a few rows give several marks. 2 when absent. */
  readonly sliceRows?: number;
  /** 1 when absent: sources that go by bytes end a slice as soon as they can. */
  readonly sliceBytes?: number;
  /** A read of more slices is broken off, and judged by these. 1,000 when absent. */
  readonly maxSlices?: number;
  /** How long a source may wait for what is still being written. 5,000 when absent. */
  readonly settleMs?: number;
  /** How long a read may go on after it was cancelled. 5,000 when absent. */
  readonly cancelMs?: number;
  /** How long a check may take. 60,000 when absent. */
  readonly checkMs?: number;
}

export const DEFAULT_LIMITS: Required<HarnessLimits> = {
  sliceRows: 2,
  sliceBytes: 1,
  maxSlices: 1_000,
  settleMs: 5_000,
  cancelMs: 5_000,
  checkMs: 60_000,
};
