import type { ErrorCode } from '../platform/errors/catalogue.js';
import { MillraceError, isMillraceError } from '../platform/errors/error.js';
import { errnoOf } from '../platform/objects/file-errors.js';
import { isMissing } from '../platform/objects/s3-errors.js';
import { stageError } from './stage-error.js';

const CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  'connector.auth_failed': 'stage.refused',
  'connector.permission_denied': 'stage.refused',
  'connector.invalid_config': 'stage.refused',
  'load.target_incompatible': 'stage.refused',
  'load.no_space': 'stage.full',
};

/** An error of the object store, as one of the stage. */
export function bucketError(error: unknown, doing: string): MillraceError {
  if (!isMillraceError(error) || error.code.startsWith('stage.')) return stageError(error, doing);
  const { code, message: detail, cause } = error;
  if (isMissing(cause)) return new MillraceError('stage.corrupt', { detail: `${doing}: it is not there.`, cause });
  if (isFull(cause)) return new MillraceError('stage.full', { detail: `${doing}: no space is left on this machine.`, cause });
  return new MillraceError(CODES[code] ?? 'stage.unreachable', { detail, cause });
}

const isFull = (cause: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errnoOf(cause));
