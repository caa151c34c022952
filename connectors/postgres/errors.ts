import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import type { ErrorCode } from '../../platform/errors/catalogue.js';
import { SYSTEM_FAILURES } from '../sdk/connection-fields.js';

interface ServerError extends Error {
  readonly code?: string;
  readonly severity?: string;
  readonly where?: string;
  readonly column?: string;
}

/** SQLSTATE (or its class, or a network code) → what it means to us. The longest match wins. */
const MEANING: Readonly<Record<string, ErrorCode>> = {
  '28': 'connector.auth_failed',
  '3D000': 'connector.invalid_config',
  '42501': 'connector.permission_denied',
  '42P01': 'source.stream_missing',
  '42703': 'source.field_missing',
  '55P03': 'load.blocked',
  '22': 'load.bad_value',
  '23': 'load.bad_value',
  '54000': 'load.bad_value',
  '40': 'connector.transient',
  '53': 'connector.transient',
  '57': 'connector.transient',
  '58': 'connector.transient',
  '08': 'connector.transient',
  ...SYSTEM_FAILURES, // a full disk is ours: the server's own is 53100
};

/** Turns whatever `pg` threw into one catalogue error. The message is the server's own, which never holds a password. */
export function postgresError(error: unknown, doing: string): MillraceError {
  if (isMillraceError(error)) return error;
  const failure = error as ServerError;
  const where = failure.where ? ` (${failure.where.split('\n')[0]})` : '';
  return new MillraceError(codeOf(failure), { detail: `${doing}: ${failure.message}${where}`, cause: error });
}

function codeOf(error: ServerError): ErrorCode {
  const code = error.code ?? '';
  const known = MEANING[code] ?? MEANING[code.slice(0, 2)];
  if (known) return known;
  if (/terminated|timeout|closed|ended|connection error/i.test(error.message))
    return /timeout expired/.test(error.message) ? 'connector.unreachable' : 'connector.transient';
  return 'engine.internal';
}
