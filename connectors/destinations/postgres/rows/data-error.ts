export const UNIQUE_VIOLATION = '23505';

/** SQLSTATEs of what a row's values cause: data exceptions, broken constraints, and values too large for an index or a type. */
const DATA_ERRORS = /^(2[23]...|54000)$/;

/** Whether the server refused what a row holds, so that other rows may well be loaded. */
export function isDataError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && DATA_ERRORS.test(code);
}
