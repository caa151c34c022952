/** States of ours beside the server's SQLSTATEs: why a row does not fit columns that were accepted. */
export const NEW_COLUMN = 'MR001';
export const WOULD_CHANGE = 'MR002';
