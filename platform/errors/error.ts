import { CATALOGUE, type ErrorCode, type Recovery, catalogueEntry } from './catalogue.js';

/** One wrong field of a request or configuration. */
export interface FieldError {
  /** As a person would write it: `streams[0].cursorField`. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
  /** Where in the field's text, counted from 1, for SQL. */
  readonly line?: number;
  readonly column?: number;
}

export interface ErrorDetails {
  /** What was wrong and where, in one sentence, without secrets. */
  readonly detail: string;
  /** Path into the configuration or request, e.g. `streams[0].cursorField`. */
  readonly path?: string;
  /** Replaces the catalogue's suggestion where something more exact can be said. */
  readonly suggestion?: string;
  readonly stream?: string;
  /** Every wrong field, when there is more to say than one path. */
  readonly fields?: readonly FieldError[];
  /** Facts the engine needs to go on, e.g. the ledger's last row. Plain data, no secrets. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A connector package may bring its own copy of this module: its errors are told by this mark, not by their class. */
const MARK = Symbol.for('millrace.error');

/** The only error that crosses a layer: everything else is wrapped in one where it is caught. */
export class MillraceError extends Error {
  static {
    Object.defineProperty(this.prototype, MARK, { value: true });
  }

  readonly code: ErrorCode;
  readonly recovery: Recovery;
  readonly suggestion: string;
  readonly path?: string;
  readonly stream?: string;
  readonly fields?: readonly FieldError[];
  readonly facts?: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.recovery = catalogueEntry(code).recovery;
    this.suggestion = details.suggestion ?? catalogueEntry(code).suggestion;
    if (details.path !== undefined) this.path = details.path;
    if (details.stream !== undefined) this.stream = details.stream;
    if (details.fields !== undefined) this.fields = details.fields;
    if (details.facts !== undefined) this.facts = details.facts;
  }
}

export function isMillraceError(error: unknown, code?: ErrorCode): error is MillraceError {
  return isMarked(error) && (code === undefined || error.code === code);
}

/** Another version of the package may know codes that this one does not. */
const isMarked = (error: unknown): error is MillraceError =>
  error instanceof Error && MARK in error && 'code' in error && Object.hasOwn(CATALOGUE, String(error.code));

/** What an error of any kind says. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
