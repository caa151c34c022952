import { type ErrorCode } from '../errors/catalogue.js';
import { MillraceError, errorText } from '../errors/error.js';

export const errnoOf = (error: unknown): string => String((error as NodeJS.ErrnoException | undefined)?.code ?? '');

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'load.no_space',
  EDQUOT: 'load.no_space',
  EFBIG: 'load.no_space',
  EACCES: 'connector.permission_denied',
  EPERM: 'connector.permission_denied',
  EROFS: 'connector.permission_denied',
  ENOTDIR: 'connector.invalid_config',
  ELOOP: 'connector.invalid_config',
  ENAMETOOLONG: 'load.target_incompatible',
};

/** DuckDB tells of the same only in words. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/no space left on device|disk quota exceeded/i, 'ENOSPC'],
  [/permission denied/i, 'EACCES'],
  [/read-only file system/i, 'EROFS'],
];

/** An error of the file system, as one that says what to do. */
export function fileError(error: unknown, doing: string): MillraceError {
  const said = SAID.find(([words]) => words.test(errorText(error)))?.[1];
  const errno = errnoOf(error) in CODES ? errnoOf(error) : (said ?? '');
  const code = CODES[errno];
  if (code === undefined && error instanceof MillraceError) return error;
  return new MillraceError(code ?? 'connector.transient', {
    detail: `${doing}: ${WORDS[errno] ?? errorText(error)}.`,
    cause: error,
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left',
  EDQUOT: 'the quota is used up',
  EACCES: 'permission denied',
  EPERM: 'the file system does not allow it (files need hard links)',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  ENAMETOOLONG: 'the name is too long',
};
