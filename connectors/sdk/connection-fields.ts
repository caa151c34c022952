/**
 * What configurations of databases have in common.
 * @module
 */
import { z } from 'zod';
import type { ErrorCode } from '../../platform/errors/catalogue.js';

export const sslField = z
  .enum(['disable', 'require', 'verify-full'])
  .optional()
  .describe('disable: never; require: encrypted without checking the certificate; verify-full: encrypted and checked.');

export const connectTimeoutField = z
  .number()
  .int()
  .min(100)
  .max(60_000)
  .default(10_000)
  .describe('How long to wait for a connection, in milliseconds.');

export function reachable(config: { url?: string | undefined; host?: string | undefined }): boolean {
  return config.url !== undefined || config.host !== undefined;
}

export const UNREACHABLE_CONFIG = { message: 'url or host is needed', path: ['url'] };

/** Codes of the system, of the network and of files of ours beside a session → what they mean to us. */
export const SYSTEM_FAILURES: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'connector.unreachable',
  EAI_AGAIN: 'connector.unreachable',
  ECONNREFUSED: 'connector.unreachable',
  EHOSTUNREACH: 'connector.unreachable',
  ENETUNREACH: 'connector.unreachable',
  ETIMEDOUT: 'connector.unreachable',
  ECONNRESET: 'connector.transient',
  EPIPE: 'connector.transient',
  ENOSPC: 'stage.full',
  EDQUOT: 'stage.full',
};
