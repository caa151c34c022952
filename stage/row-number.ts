import type { SegmentFile } from '../connectors/sdk/destination.js';

/** DuckDB gives every row of a Parquet file its number under this name, unless a column has taken it. */
const GIVEN = 'file_row_number';

/** Expression for a row's number in its segment, counted from 1; over all of `read_parquet`, not over a part of it. */
export function rowNumberSql({ columns }: Pick<SegmentFile, 'columns'>): string {
  const taken = columns.some(({ column }) => column.toLowerCase() === GIVEN);
  return taken ? 'row_number() over ()' : `${GIVEN} + 1`;
}
