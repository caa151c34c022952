/**
 * What people see: results on stdout, everything else on stderr.
 * @module
 */
import { type MillraceError, isMillraceError } from '../../platform/errors/error.js';
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
  const lines = [error.message, ...fieldLines(error), ...requestLine(error)].join('\n').replaceAll('\n', '\n  ');
  return redactText(`✗ ${error.code}${place}\n  ${lines}\n  → ${error.suggestion}`);
}

/** Each wrong field, unless the message says it already. */
function fieldLines({ message, fields = [] }: MillraceError): readonly string[] {
  return fields.filter((field) => !message.includes(field.message)).map((field) => `${field.path}: ${field.message}`);
}

/** Only our own faults need it: the log of the API has more under it. */
function requestLine({ recovery, facts }: MillraceError): readonly string[] {
  return recovery === 'bug' && typeof facts?.['requestId'] === 'string' ? [`request ${facts['requestId']}`] : [];
}
