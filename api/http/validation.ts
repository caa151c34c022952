import { StandardSchemaValidationPipe } from '@nestjs/common';
import { MillraceError, type FieldError } from '../../platform/errors/error.js';
import { fieldErrors, inWords } from '../../platform/errors/field-path.js';

/** Validates every parameter that names a schema; what a handler gets has passed it. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: (issues) => invalidRequest(fieldErrors(issues)) });
}

export function invalidRequest(fields: readonly FieldError[]): MillraceError {
  return new MillraceError('request.invalid', { detail: inWords(fields), fields });
}
