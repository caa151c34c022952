/**
 * The one place that writes results: a table or text for people, an envelope for `--json`, one line an item for
 * `--output ndjson`. Whatever is not a result goes to stderr through `say`.
 * @module
 */
import { type MillraceError, errorText, isMillraceError } from '../../platform/errors/error.js';
import { redactText } from '../../platform/logger/redact.js';
import { describeError, print, say } from './report.js';

export const FORMATS = ['text', 'json', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

export interface ListResult<Item> {
  readonly items: readonly Item[];
  /** There are more than were asked for. */
  readonly hasMore: boolean;
}

/** What went wrong, as it stands in the envelope. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly suggestion: string;
  readonly path?: string;
  readonly errors?: readonly unknown[];
  readonly requestId?: unknown;
}

export class Output {
  constructor(readonly format: Format) {}

  /** One thing: `text` is what people see of it. */
  result(data: unknown, text: () => string): void {
    if (this.format === 'text') printText(text());
    else print(JSON.stringify(this.format === 'json' ? { ok: true, data } : data));
  }

  /** Many things: `table` is what people see of them. */
  list<Item>({ items, hasMore }: ListResult<Item>, table: (items: readonly Item[]) => string): void {
    if (this.format === 'json') return print(JSON.stringify({ ok: true, data: items, hasMore }));
    if (this.format === 'ndjson') for (const item of items) print(JSON.stringify(item));
    else if (items.length > 0) print(table(items));
    else say('Nothing.');
    if (hasMore) say('There are more: ask for more with --limit.');
  }

  /** A result that is bad news, such as a run that failed. People see it like any other, and the failure below. */
  failedResult(data: unknown, text: () => string, failure: Failure): void {
    if (this.format === 'json') return print(JSON.stringify({ ok: false, error: failure, data }));
    this.result(data, text);
    say(redactText(`✗ ${failure.code}\n  ${failure.message}\n  → ${failure.suggestion}`));
  }

  failure(error: unknown): void {
    if (this.format === 'text') say(describeError(error));
    else print(JSON.stringify({ ok: false, error: failureOf(error) }));
  }
}

/** Where there is nothing to show, nothing is: no line without anything on it. */
function printText(text: string): void {
  if (text !== '') print(text);
}

export function failureOf(error: unknown): Failure {
  if (isMillraceError(error)) return knownFailure(error);
  const suggestion = 'Report it with what you ran.';
  return { code: 'engine.internal', message: redactText(errorText(error)), suggestion };
}

function knownFailure({ code, message, suggestion, path, fields = [], facts }: MillraceError): Failure {
  return {
    code,
    message: redactText(message),
    suggestion: redactText(suggestion),
    ...(path !== undefined && { path }),
    ...(fields.length > 0 && { errors: fields }),
    ...(facts?.['requestId'] !== undefined && { requestId: facts['requestId'] }),
  };
}

/** From the raw arguments, for what goes wrong before they are parsed. */
export function formatOf(args: readonly string[]): Format {
  if (args.includes('--json')) return 'json';
  const at = args.findIndex((arg) => arg === '--output' || arg.startsWith('--output='));
  const value = args[at]?.split('=')[1] ?? args[at + 1];
  return FORMATS.find((format) => at >= 0 && format === value) ?? 'text';
}
