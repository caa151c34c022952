/** Half of DuckDB's own: writers hold a few row groups of every column, and a file of one slice has enough of them. */
const ROW_GROUP_ROWS = 61_440;

export interface ParquetTuning {
  readonly rowGroupRows?: number;
  readonly compression?: 'snappy' | 'zstd';
}

/**
 * Options of COPY for a Parquet file of columns with these types. A dictionary holds one entry for values that are equal,
 * and to DuckDB -0 and 0 are: every -0 of the file would become 0, or every 0 would become -0. Files are written and read once
 * or twice: zstd makes them a quarter smaller, and costs more CPU than it saves.
 */
export const parquetOptions = (
  types: readonly string[],
  { rowGroupRows = ROW_GROUP_ROWS, compression = 'snappy' }: ParquetTuning = {},
): string =>
  `format parquet, compression ${compression}, row_group_size ${rowGroupRows}${types.some(hasFloats) ? ', dictionary_size_limit 0' : ''}`;

/** Also inside of lists and structs. */
const hasFloats = (type: string): boolean => /\b(FLOAT|DOUBLE|REAL)\b/i.test(type);
