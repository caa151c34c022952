import { type MillraceError, isMillraceError } from '../platform/errors/error.js';
import type { Recovery } from '../platform/errors/catalogue.js';

/**
 * What the exit code of every command means. A server that is asked to stop and stops in order exits 0; 130 and 143 mean
 * that it was cut short by a second signal.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2, environment: 3, warnings: 4, interrupted: 130, terminated: 143 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_RECOVERY: Readonly<Record<Recovery, ExitCode>> = {
  retry: EXIT.environment,
  fix_config: EXIT.usage,
  fix_data: EXIT.failed,
  skip: EXIT.ok,
  bug: EXIT.failed,
};

export function exitCodeOf(error: unknown): ExitCode {
  return isMillraceError(error) ? codeOf(error) : EXIT.failed;
}

function codeOf(error: MillraceError): ExitCode {
  return error.code === 'setup.unavailable' ? EXIT.environment : BY_RECOVERY[error.recovery];
}
