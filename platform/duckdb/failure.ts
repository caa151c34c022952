import { MillraceError } from '../errors/error.js';

/** What DuckDB complained of; the first words of its message, which are stable over versions. */
export type DuckDbFailureKind =
  | 'conversion'
  | 'constraint'
  | 'out_of_memory'
  | 'disk_full'
  | 'io'
  | 'parser'
  | 'binder'
  | 'invalid_input'
  | 'interrupted'
  | 'permission'
  | 'other';

const KINDS: readonly (readonly [RegExp, DuckDbFailureKind])[] = [
  [/max_temp_directory_size|no space left on device|disk quota exceeded/i, 'disk_full'],
  [/^Conversion Error/, 'conversion'],
  [/^Constraint Error/, 'constraint'],
  [/^Out of Memory Error/, 'out_of_memory'],
  [/^IO Error/, 'io'],
  [/^(Failed to extract statements: )?(Parser|Syntax) Error/, 'parser'],
  [/^(Binder|Catalog) Error/, 'binder'],
  [/^(Invalid Input|Out of Range) Error/, 'invalid_input'],
  [/^INTERRUPT/, 'interrupted'],
  [/^Permission Error/, 'permission'],
];

export function failureKind(message: string): DuckDbFailureKind {
  return KINDS.find(([pattern]) => pattern.test(message))?.[1] ?? 'other';
}

/**
 * A failed statement of ours. Callers who know what the statement reads turn it into their own error; `facts.kind` says
 * what happened, and the message is DuckDB's.
 */
export function duckDbFailure(cause: unknown): MillraceError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const kind = failureKind(message);
  return new MillraceError(kind === 'disk_full' ? 'stage.full' : 'engine.internal', {
    detail: `DuckDB: ${message}`,
    facts: { kind },
    cause,
  });
}

/** The kind of a failure that an engine threw, or undefined for any other error. */
export function failureKindOf(error: unknown): DuckDbFailureKind | undefined {
  if (!(error instanceof MillraceError) || !error.message.startsWith('DuckDB: ')) return undefined;
  return error.facts?.['kind'] as DuckDbFailureKind | undefined;
}
