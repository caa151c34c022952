import type { ErrorCode } from '../platform/errors/catalogue.js';
import { MillraceError } from '../platform/errors/error.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'stage.full',
  EDQUOT: 'stage.full',
  ENOENT: 'stage.corrupt',
};

/** An error of this machine's files, as one of the stage. */
export function stageError(error: unknown, doing: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new MillraceError(CODES[code] ?? 'engine.internal', { detail: `${doing}: ${message}`, cause: error });
}

/** @throws MillraceError `stage.corrupt` (I8) */
export function requireSame(key: string, found: string, recorded: string): void {
  if (found === recorded) return;
  throw new MillraceError('stage.corrupt', { detail: `${key} has SHA-256 ${found}, recorded was ${recorded}.` });
}

/** @throws RangeError for a key that would leave the stage */
export function requireStageKey(key: string): string {
  if (key.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw new RangeError(`not a stage key: ${key}`);
  return key;
}
