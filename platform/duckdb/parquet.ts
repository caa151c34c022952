/**
 * Options of COPY for a Parquet file of columns with these types. A dictionary holds one entry for values that are equal,
 * and to DuckDB -0 and 0 are: every -0 of the file would become 0, or every 0 would become -0.
 */
export const parquetOptions = (types: readonly string[], compression: 'zstd' | 'snappy' = 'zstd'): string =>
  `format parquet, compression ${compression}${types.some(hasFloats) ? ', dictionary_size_limit 0' : ''}`;

/** Also inside of lists and structs. */
const hasFloats = (type: string): boolean => /\b(FLOAT|DOUBLE|REAL)\b/i.test(type);
