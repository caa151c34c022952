import { type ErrorCode } from '../errors/catalogue.js';
import { MillraceError, errorText } from '../errors/error.js';

/** What the SDK throws, as far as it is looked at. */
interface S3Failure {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  InvalidAccessKeyId: 'connector.auth_failed',
  XAdminUserNotFound: 'connector.auth_failed', // versitygw
  SignatureDoesNotMatch: 'connector.auth_failed',
  ExpiredToken: 'connector.auth_failed',
  InvalidToken: 'connector.auth_failed',
  CredentialsProviderError: 'connector.auth_failed',
  AccessDenied: 'connector.permission_denied',
  NoSuchBucket: 'connector.invalid_config',
  InvalidBucketName: 'connector.invalid_config',
  PermanentRedirect: 'connector.invalid_config',
  AuthorizationHeaderMalformed: 'connector.invalid_config',
  NotImplemented: 'connector.invalid_config',
  EntityTooLarge: 'load.target_incompatible',
  KeyTooLongError: 'load.target_incompatible',
  QuotaExceeded: 'load.no_space',
  SlowDown: 'connector.rate_limited',
  BadDigest: 'connector.transient',
  XAmzContentSHA256Mismatch: 'connector.transient',
  ECONNREFUSED: 'connector.unreachable',
  ENOTFOUND: 'connector.unreachable',
  EHOSTUNREACH: 'connector.unreachable',
  TimeoutError: 'connector.unreachable',
};

/** The server found a condition of the request not met: somebody else was first. */
export const isConflict = (error: unknown): boolean => [409, 412].includes(statusOf(error));

export const isMissing = (error: unknown): boolean =>
  ['NoSuchKey', 'NotFound'].includes((error as S3Failure | undefined)?.name ?? '');

export const statusOf = (error: unknown): number => (error as S3Failure).$metadata?.httpStatusCode ?? 0;

/** An error of the server or on the way to it, without what was sent. */
export function s3Error(error: unknown, doing: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { name = '', code: errno = '' } = error as S3Failure;
  const code = CODES[name] ?? CODES[errno] ?? byStatus(statusOf(error));
  return new MillraceError(code, { detail: `${doing}: ${textOf(error)}.`, cause: error });
}

function byStatus(status: number): ErrorCode {
  if (status === 401) return 'connector.auth_failed';
  if (status === 403) return 'connector.permission_denied';
  return status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'connector.invalid_config' : 'connector.transient';
}

/** Several attempts at connecting fail together, without a message of their own. */
function textOf(error: unknown): string {
  const { name = '', code = '' } = error as S3Failure;
  const text = errorText(error).replace(/\.$/, '');
  return text === '' || text === 'UnknownError' ? code || name || `HTTP ${statusOf(error)}` : text;
}
