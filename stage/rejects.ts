/** Columns of files with rejected rows, beside the staged ones (FORMAT.md). */

/** Number of the row in its slice, from 1. */
export const ROW_COLUMN = '_millrace_row';
/** JSON array of `{field?, code, reason}`. */
export const REASONS_COLUMN = '_millrace_reasons';
