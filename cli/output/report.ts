/**
 * What people see: results on stdout, everything else on stderr.
 * @module
 */
import { isMillraceError } from '../../platform/errors/error.js';
import { redactText } from '../../platform/logger/redact.js';

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** An error in three lines: what, where, and what to do. Never a stack trace, never a secret. */
export function describeError(error: unknown): string {
  if (!isMillraceError(error))
    return redactText(`✗ engine.internal\n  ${error instanceof Error ? error.message : String(error)}`);
  const place = error.path === undefined ? '' : `  ${error.path}`;
  return redactText(`✗ ${error.code}${place}\n  ${error.message.replaceAll('\n', '\n  ')}\n  → ${error.suggestion}`);
}
