import { HttpException } from '@nestjs/common';
import { databaseAway, isDatabaseAway } from '../../platform/db/away.js';
import type { ErrorCode } from '../../platform/errors/catalogue.js';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'request.invalid',
  401: 'request.unauthenticated',
  403: 'request.forbidden',
  404: 'request.not_found',
  409: 'request.conflict',
  412: 'request.stale',
  413: 'request.too_large',
  415: 'request.unsupported_media',
  428: 'request.precondition_required',
};

/** Whatever was thrown, as an error of the catalogue. What we did not foresee says nothing of our inside. */
export function toMillraceError(thrown: unknown): MillraceError {
  if (isMillraceError(thrown)) return thrown;
  if (holdsTextPostgresCannot(thrown))
    return new MillraceError('request.invalid', { detail: 'Text may not contain NUL characters.', cause: thrown });
  if (isTakenInProject(thrown))
    return new MillraceError('request.conflict', {
      detail: 'Its project (the label millrace/project) already has one of this name.',
      suggestion: 'Look at what is there: somebody else may have made it a moment ago. With a project of files, plan again.',
      path: 'name',
      cause: thrown,
    });
  const status = statusOf(thrown);
  const code = status === undefined ? undefined : CODE_OF_STATUS[status];
  if (code) return new MillraceError(code, { detail: messageOf(thrown), cause: thrown });
  if (status !== undefined && status < 500)
    return new MillraceError('request.invalid', { detail: messageOf(thrown), cause: thrown });
  if (isDatabaseAway(thrown)) return databaseAway(thrown);
  return new MillraceError('engine.internal', { detail: 'An unexpected error occurred.', cause: thrown });
}

/** Of Nest's exceptions, and of Fastify's errors, which are thrown before a route is reached. */
function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (!(thrown instanceof Error) || !('statusCode' in thrown) || !isFastifyError(thrown)) return undefined;
  return typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined;
}

function isFastifyError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_');
}

/** JSON allows U+0000, Postgres text and jsonb do not. */
function holdsTextPostgresCannot(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === '22021' || thrown.code === '22P05');
}

/** By the indexes of `012-project-names.ts`. */
function isTakenInProject(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('code' in thrown) || thrown.code !== '23505') return false;
  return 'constraint' in thrown && /^(sources|destinations|connections)_by_project$/.test(String(thrown.constraint));
}

function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : '';
  return message === '' ? 'The request was refused.' : message;
}
