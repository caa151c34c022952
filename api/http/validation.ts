import { StandardSchemaValidationPipe } from '@nestjs/common';
import { MillraceError, type FieldError } from '../../platform/errors/error.js';
import { fieldErrors } from './field-path.js';

/** Validates every parameter that names a schema; what a handler gets has passed it. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: (issues) => invalidRequest(fieldErrors(issues)) });
}

export function invalidRequest(fields: readonly FieldError[]): MillraceError {
  return new MillraceError('request.invalid', { detail: inWords(fields), fields });
}

/** One line for people; programs read `errors`. */
export function inWords(fields: readonly FieldError[]): string {
  const shown = fields.slice(0, 3).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const more = fields.length > shown.length ? ` (and ${fields.length - shown.length} more)` : '';
  return `${shown.join('; ')}${more}`;
}
