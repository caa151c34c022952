import type { RunError } from '../platform/db/store.js';
import { isMillraceError } from '../platform/errors/error.js';

/** What concerns one stream becomes part of the plan; anything else stops the run. */
export function streamError(error: unknown): RunError {
  if (!isMillraceError(error)) throw error;
  return { code: error.code, message: error.message, suggestion: error.suggestion };
}
