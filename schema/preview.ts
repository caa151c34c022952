/**
 * Rows to look at before anything moves, and what is said of the SQL that they went through.
 * @module
 */
import type { NativeType } from './types.js';

export interface PreviewColumn {
  readonly name: string;
  /** Logical type. */
  readonly type: string;
  readonly nullable: boolean;
  readonly native?: Pick<NativeType, 'system' | 'type'>;
}

/** How much of a stream was read. */
export interface Sampled {
  readonly stream: string;
  readonly rows: number;
  /** The stream has no more rows than these. */
  readonly complete: boolean;
}

/**
 * Every value is text in the form in which it is staged, or null: numbers with all their digits, times with microseconds, bytes
 * as `\x` and hexadecimal digits, lists as JSON arrays of texts. NULL is null, an empty text is an empty text.
 */
export interface Preview {
  readonly columns: readonly PreviewColumn[];
  /** A value per column, in their order. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** There are more than are shown. */
  readonly hasMore: boolean;
  readonly sampled: readonly Sampled[];
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** In words, what was not looked at. */
  readonly note: string | null;
  readonly timing: { readonly readMs: number; readonly transformMs: number | null };
}

/** Where the values of a column come from. */
export interface ColumnLineage {
  /** `*` for columns that the SQL alone does not name. */
  readonly column: string;
  /** Columns of the input; `stream.column` where there are several inputs. */
  readonly from: readonly string[];
  /** `passed`: the input column, untouched. `unknown`: there may be more than `from`. */
  readonly kind: 'passed' | 'computed' | 'unknown';
}

/** What is known of SQL without running it on rows. */
export interface SqlDescription {
  /** Null while the columns of the input are not known. */
  readonly columns: readonly PreviewColumn[] | null;
  readonly lineage: readonly ColumnLineage[];
  /** Every row of the result comes from one row of the input, so that rows that are left out can be counted. */
  readonly rowWise: boolean;
}
