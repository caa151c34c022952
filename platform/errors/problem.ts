import { catalogueEntry, type ErrorCode, type Recovery } from './catalogue.js';
import type { FieldError, MillraceError } from './error.js';

/** RFC 9457, with what a program needs to react and a person needs to act. Every error of the API has this shape. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly suggestion: string;
  readonly errors: readonly FieldError[];
  /** The same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly requestId: string;
}

const STATUS_OF_RECOVERY: Readonly<Record<Recovery, number>> = {
  retry: 503,
  fix_config: 422,
  fix_data: 422,
  skip: 409,
  bug: 500,
};

export function httpStatus(code: ErrorCode): number {
  const entry = catalogueEntry(code);
  return ('status' in entry ? entry.status : undefined) ?? STATUS_OF_RECOVERY[entry.recovery];
}

export function toProblem(error: MillraceError, requestId: string): Problem {
  return {
    type: `urn:millrace:error:${error.code}`,
    title: catalogueEntry(error.code).title,
    status: httpStatus(error.code),
    detail: error.message,
    code: error.code,
    suggestion: error.suggestion,
    errors: error.fields ?? (error.path === undefined ? [] : [fieldError(error, error.path)]),
    retryable: error.recovery === 'retry',
    requestId,
  };
}

function fieldError(error: MillraceError, path: string): FieldError {
  return { path, code: error.code, message: error.message, suggestion: error.suggestion };
}
