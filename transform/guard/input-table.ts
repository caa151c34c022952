/** The relation behind `input`: the same rows with `ROW_NUMBER` as a column more. */
export const NUMBERED_INPUT = '_millrace_input';

/** The row of the slice that a row comes from, counted from 0 in order of arrival. */
export const ROW_NUMBER = '_millrace_row';
