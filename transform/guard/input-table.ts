/** The table behind `input`, which is a view of it: views have no row numbers. */
export const INPUT_TABLE = { catalog: 'source', schema: 'main', table: 'rows' } as const;

/** The last column of a query that was made by `followRows`: the row of the input that the row of the result comes from. */
export const ROW_NUMBER = '_millrace_row';
