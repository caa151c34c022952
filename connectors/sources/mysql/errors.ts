import type { ErrorCode } from '../../../platform/errors/catalogue.js';
import { MillraceError, isMillraceError } from '../../../platform/errors/error.js';
import { SYSTEM_FAILURES } from '../../sdk/connection-fields.js';

/** What the server or the driver threw. */
export interface ServerError extends Error {
  /** A network code, or the name of the server's error, e.g. `ER_NO_SUCH_TABLE`. */
  readonly code?: string;
  /** The server's number of the error, the same in MySQL and MariaDB where it is listed here. */
  readonly errno?: number;
  readonly sqlState?: string;
}

const BY_NUMBER: Readonly<Record<number, ErrorCode>> = {
  1044: 'connector.permission_denied',
  1045: 'connector.auth_failed',
  1049: 'connector.invalid_config',
  1054: 'source.field_missing',
  1130: 'connector.auth_failed',
  1142: 'connector.permission_denied',
  1143: 'connector.permission_denied',
  1146: 'source.stream_missing',
  1227: 'connector.permission_denied',
  1251: 'connector.auth_failed',
  1356: 'connector.permission_denied',
  1370: 'connector.permission_denied',
  1698: 'connector.auth_failed',
  1820: 'connector.auth_failed',
  3118: 'connector.auth_failed',
  1040: 'connector.transient',
  1053: 'connector.transient',
  1203: 'connector.transient',
  1205: 'connector.transient',
  1213: 'connector.transient',
  1226: 'connector.transient',
  1317: 'connector.transient',
  1412: 'connector.transient',
  1927: 'connector.transient',
  1969: 'connector.transient',
  3024: 'connector.transient',
};

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  ...SYSTEM_FAILURES,
  PROTOCOL_CONNECTION_LOST: 'connector.transient',
  HANDSHAKE_NO_SSL_SUPPORT: 'connector.invalid_config',
};

/** The user may not look at transactions of others. */
export const LACKS_PROCESS = 1227;

/** Turns whatever the driver threw into one catalogue error. The message is the server's own, which never holds a password. */
export function mysqlError(error: unknown, doing: string): MillraceError {
  if (isMillraceError(error)) return error;
  const failure = error as ServerError;
  return new MillraceError(codeOf(failure), { detail: `${doing}: ${failure.message}`, cause: error });
}

function codeOf({ code = '', errno = 0, sqlState = '', message }: ServerError): ErrorCode {
  const known = BY_NUMBER[errno] ?? BY_NAME[code];
  if (known) return known;
  if (sqlState.startsWith('28')) return 'connector.auth_failed';
  if (sqlState.startsWith('08') || sqlState.startsWith('40')) return 'connector.transient';
  if (/certificate|self.signed|SSL|TLS/i.test(`${code} ${message}`)) return 'connector.invalid_config';
  return /closed|lost|ended|destroyed/i.test(message) ? 'connector.transient' : 'engine.internal';
}
